/** The eavesdropper: passes bytes on, records them as they came, and meddles with them when told. */
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server,
  type Socket,
} from "node:net";
import { createServer, generateKeyPair } from "hawser";
import { takeOrders } from "./actor.ts";

/** Bytes at an offset of one direction that are replaced, or combined by exclusive or. */
export interface Edit {
  readonly at: number;
  readonly how: "put" | "xor";
  readonly bytes: Uint8Array;
}

/** What it does to a connection besides recording it. */
export interface Meddling {
  readonly toServer?: Edit;
  readonly toClient?: Edit;
  /** Ends both connections after so many bytes from the client. */
  readonly cut?: { readonly after: number; readonly how: "FIN" | "RST" };
  /** Answers the client itself, with these bytes, and calls no server. */
  readonly answer?: Uint8Array;
}

interface Route {
  readonly port: number;
  /** The recordings are this path with `.client` and `.server`, for where the bytes came from. */
  readonly recordAs: string;
  readonly meddling?: Meddling | undefined;
}

/** How many bytes it recorded. */
export interface ProxyReport {
  readonly fromClient: number;
  readonly fromServer: number;
}

/** A file that grows with what one end sends. */
class Recording {
  readonly #file: number;
  bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  add(chunk: Uint8Array): void {
    writeSync(this.#file, chunk);
    this.bytes += chunk.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

interface Recordings {
  readonly client: Recording;
  readonly server: Recording;
}

function edited(chunk: Uint8Array, offset: number, edit: Edit | undefined): Uint8Array {
  const from = Math.max(0, (edit?.at ?? 0) - offset);
  const to = Math.min(chunk.length, (edit?.at ?? 0) + (edit?.bytes.length ?? 0) - offset);
  if (edit === undefined || to <= from) return chunk;
  const result = chunk.slice();
  for (let i = from; i < to; i++) {
    const byte = edit.bytes[offset + i - edit.at] as number;
    result[i] = edit.how === "put" ? byte : (chunk[i] as number) ^ byte;
  }
  return result;
}

/** Passes on what one end sends, its end and its reset included, until the connection is cut. */
function carry(from: Socket, to: Socket, recording: Recording, edit: Edit | undefined, isCut: () => boolean) {
  from.on("data", (chunk) => {
    if (isCut()) return;
    const passed = edited(chunk, recording.bytes, edit);
    recording.add(chunk);
    if (!to.destroyed && !to.write(passed)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  });
  from.on("end", () => to.end());
  from.on("error", () => to.resetAndDestroy());
  to.on("close", () => from.resume());
}

/** Passes on what both ends send. */
function join(client: Socket, server: Socket, recordings: Recordings, { toServer, toClient, cut }: Meddling) {
  let isCut = false;
  carry(client, server, recordings.client, toServer, () => isCut);
  carry(server, client, recordings.server, toClient, () => isCut);
  client.on("data", () => {
    if (isCut || cut === undefined || recordings.client.bytes < cut.after) return;
    isCut = true;
    for (const end of [client, server]) {
      if (cut.how === "RST") end.resetAndDestroy();
      else end.resume().end();
    }
  });
}

let listening: Server | undefined;
let over: Promise<ProxyReport> | undefined;

async function welcome(client: Socket, { port, recordAs, meddling = {} }: Route): Promise<ProxyReport> {
  const recordings = {
    client: new Recording(`${recordAs}.client`),
    server: new Recording(`${recordAs}.server`),
  };
  const ends = [client];
  if (meddling.answer === undefined) {
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    ends.push(server);
    join(client, server, recordings, meddling);
  } else {
    client.on("data", (chunk) => recordings.client.add(chunk));
    client.on("end", () => client.end());
    client.on("error", () => undefined);
    client.write(meddling.answer);
  }
  await Promise.all(ends.map((end) => new Promise((resolve) => end.once("close", resolve))));
  recordings.client.close();
  recordings.server.close();
  return { fromClient: recordings.client.bytes, fromServer: recordings.server.bytes };
}

const orders = {
  /** Waits for one connection, on a port of its own, and leads it to that port. */
  async open(route: Route) {
    over = new Promise((resolve) => {
      listening = createNetServer({ allowHalfOpen: true, noDelay: true }, (client) => {
        listening?.close();
        resolve(welcome(client, route));
      });
    });
    const server = listening as unknown as Server;
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  },

  /** Says what it recorded, once that connection is over. */
  report: () => over,

  /** A session key of its own, 32 bytes: it has the secret one too. */
  async sessionKey() {
    return (await generateKeyPair()).publicKey;
  },

  /** Serves Hawser itself, with a key of its own, and lets in whoever comes. */
  async impersonate() {
    const keyPair = await generateKeyPair();
    const server = createServer({ keyPair, authorize: () => true }, (socket) => socket.resume());
    server.on("handshakeError", () => undefined);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { port: (server.address() as AddressInfo).port, publicKey: keyPair.publicKey };
  },
};

export type ProxyOrders = typeof orders;

takeOrders(orders);
