import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type AcceptOptions, accept } from "../../src/net/accept.ts";
import { type ConnectTargetOptions, createConnection } from "../../src/net/connect.ts";
import { AlertError } from "../../src/net/errors.ts";
import type { HawserSocket } from "../../src/net/socket.ts";
import { clientKey, serverKey } from "../model/pair.ts";
import { type Course, Link } from "./link.ts";

/** How one end's connection came out. */
export interface Outcome {
  readonly data: Buffer;
  /** The peer's end of data was told. */
  readonly hasEnded: boolean;
  /** How often it was told that the data has ended, or that the connection has failed: the greater number of the two. */
  readonly endings: number;
  /** The peer's alert, if that is the error, or the own one that it was given up with. */
  readonly alert: number | undefined;
  /** The code of the error that it ended with; `undefined` after a clean end. */
  readonly code: string | undefined;
  readonly error: Error | undefined;
}

/** A client and a server with a link between them. */
export interface Linked {
  readonly link: Link;
  readonly client: HawserSocket;
  /** The server's socket, once the client was let in; rejects when it was not. */
  readonly accepted: Promise<HawserSocket>;
  /** The ends' own transports. */
  readonly transports: { readonly client: Socket; readonly server: Promise<Socket> };
  close(): Promise<void>;
}

export interface LinkedOptions {
  readonly toServer?: Course;
  readonly toClient?: Course;
  readonly client?: Partial<ConnectTargetOptions>;
  readonly server?: Partial<AcceptOptions>;
}

/** Connects through a link. The client's socket is not waited for. */
export async function linked(options: LinkedOptions = {}): Promise<Linked> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  let settle: ((accepted: Promise<HawserSocket>) => void) | undefined;
  const accepted = new Promise<HawserSocket>((resolve) => {
    settle = resolve;
  });
  accepted.catch(() => undefined);
  const atServer = new Promise<Socket>((resolve) => server.once("connection", resolve));
  server.once("connection", (socket) => {
    settle?.(
      accept(socket, { keyPair: serverKey, authorize: () => true, ...options.server }).then((hawser) => {
        hawser.on("error", () => undefined);
        return hawser;
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const link = await Link.to((server.address() as AddressInfo).port, options);
  const stream = connect({ host: "127.0.0.1", port: link.port, allowHalfOpen: true, noDelay: true });
  await once(stream, "connect");
  const client = createConnection({
    stream,
    keyPair: clientKey,
    serverKey: serverKey.publicKey,
    ...options.client,
  });
  client.on("error", () => undefined);
  return {
    link,
    client,
    accepted,
    transports: { client: stream, server: atServer },
    async close() {
      client.destroy();
      stream.destroy();
      await link.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits until a socket is closed, and says how that came. */
export function outcomeOf(socket: HawserSocket): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ends = 0;
    const errors: Error[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => ends++);
    socket.on("error", (reason) => errors.push(reason));
    const finish = () => {
      if (errors.length === 0 && socket.errored !== null) errors.push(socket.errored);
      // Whatever were told once more would be told by then.
      setImmediate(() =>
        resolve({
          ...ofError(errors[0]),
          data: Buffer.concat(chunks),
          hasEnded: ends > 0,
          endings: Math.max(ends, errors.length),
        }),
      );
    };
    if (socket.closed) finish();
    else socket.once("close", finish);
  });
}

function ofError(error: Error | undefined) {
  const { code } = (error ?? {}) as { code?: string };
  return { error, code, alert: error instanceof AlertError ? error.alert : undefined };
}

/** The outcome of an end that never came to have a socket. */
export function rejected(error: unknown): Outcome {
  return { ...ofError(error as Error), data: Buffer.alloc(0), hasEnded: false, endings: 1 };
}
