/** The server: takes what clients send, saves it, and answers with its SHA-256. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import type { Duplex } from "node:stream";
import { AlertError, createServer, openAuthorizedKeys, readKeyFile } from "hawser";
import { takeOrders } from "./actor.ts";
import { type ErrorSeen, fullHold, seen, strangersOut } from "./words.ts";

/** How it treats the next client. */
export interface Conduct {
  readonly saveAs: string;
  /** Gives up after so many bytes. */
  readonly giveUpAfter?: number;
  /** Lets in whoever comes. */
  readonly letAnybodyIn?: boolean;
  /** Saves something else than what came. */
  readonly garble?: boolean;
}

/** What became of that client. */
export interface ServerReport {
  /** Bytes received and saved. */
  readonly bytes: number;
  /** The client's key, 32 bytes, where it was shown. */
  readonly clientKey?: Uint8Array | undefined;
  readonly error?: ErrorSeen;
}

let conduct: Conduct = { saveAs: "" };
let tell: (report: ServerReport) => void = () => undefined;
let report: Promise<ServerReport> | undefined;

/** Receives all that a stream brings, and answers; of either kind, as both are Duplex streams. */
function receive(stream: Duplex, clientKey?: Uint8Array): void {
  const { saveAs, giveUpAfter = Number.POSITIVE_INFINITY, garble } = conduct;
  const file = openSync(saveAs, "w");
  const hash = createHash("sha256");
  let bytes = 0;
  let error: ErrorSeen | undefined;
  stream.on("data", (chunk: Buffer) => {
    if (stream.destroyed) return;
    if (garble && bytes === 0) chunk[0] = (chunk[0] as number) ^ 1;
    bytes += chunk.length;
    hash.update(chunk);
    writeSync(file, chunk);
    if (bytes >= giveUpAfter) stream.destroy(new AlertError(fullHold.code, fullHold.words));
  });
  stream.on("end", () => stream.end(hash.digest("hex")));
  stream.on("error", (reason) => {
    error = seen(reason);
  });
  stream.on("close", () => {
    closeSync(file);
    tell({ bytes, clientKey, ...(error === undefined ? {} : { error }) });
  });
}

const orders = {
  /** Begins to serve, with Hawser and in the clear. */
  async serve({ keyFile, authorizedKeysFile }: { keyFile: string; authorizedKeysFile: string }) {
    const keyPair = await readKeyFile(keyFile);
    const authorized = await openAuthorizedKeys(authorizedKeysFile);
    const server = createServer(
      {
        keyPair,
        allowHalfOpen: true,
        // After it has given up the proxy holds much that the client had sent, and with it the client's end.
        drain: { timeout: 500 },
        async authorize(publicKey) {
          if (conduct.letAnybodyIn || (await authorized.lookup(publicKey)) !== undefined) return true;
          return { code: "not_authorized", message: strangersOut };
        },
      },
      (socket) => receive(socket, socket.remotePublicKey),
    );
    server.on("handshakeError", (error, { remotePublicKey }) => {
      tell({ bytes: 0, clientKey: remotePublicKey, error: seen(error) });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const inTheClear = createNetServer({ allowHalfOpen: true }, (socket) => receive(socket));
    await once(inTheClear.listen(0, "127.0.0.1"), "listening");
    return { url: server.url(), portInTheClear: (inTheClear.address() as AddressInfo).port };
  },

  /** The next client is treated like this. */
  expect(next: Conduct) {
    conduct = next;
    report = new Promise((resolve) => {
      tell = resolve;
    });
  },

  /** Says what became of that client, once it is gone. */
  report: () => report,
};

export type ServerOrders = typeof orders;

takeOrders(orders);
