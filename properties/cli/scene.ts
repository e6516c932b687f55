/** Two ends of the command, and ends that misbehave, for tests to put against each other. */
import { once } from "node:events";
import { type AddressInfo, createServer as createNetServer, type Socket } from "node:net";
import {
  createServer,
  type HawserSocket,
  loadPrimitives,
  localKeyHolder,
  readSecretKeyFile,
} from "../../src/index.ts";
import { inFolder, type OwnKey, ownKey, type Running, type StartOptions, start } from "./in-process.ts";

export const primitives = await loadPrimitives();

export interface Scene {
  readonly folder: string;
  readonly server: OwnKey;
  readonly client: OwnKey;
}

/** Two key pairs in a folder. */
export function scene(action: (scene: Scene) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      const server = await ownKey(folder, "server.key");
      const client = await ownKey(folder, "client.key");
      await action({ folder, server, client });
    });
}

export function listen({ server, client }: Scene, ...more: string[]): Running {
  const allowed = more.some((word) => /^--(allow|authorized)/.test(word))
    ? []
    : ["--allow", client.publicKey];
  return start(["listen", "--key", server.file, ...allowed, ...more, "127.0.0.1:0"]);
}

export function connect(
  { client }: Scene,
  url: string,
  more: string[] = [],
  options: StartOptions = {},
): Running {
  return start(["connect", "--key", client.file, ...more, url], options);
}

/** The URL without the key. */
export function placeIn(url: string): string {
  return url.replace(/\/\/.*@/, "//");
}

/** A server of TCP that does with each connection what it is told. */
export async function tcp(listener: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createNetServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
    listener(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, close };
}

/** A server of the library's, with the scene's key, that does with each connection what it is told. */
export async function library({ server: { file } }: Scene, listener: (socket: HawserSocket) => void) {
  const keyPair = localKeyHolder(primitives, await readSecretKeyFile(file));
  const server = createServer({ keyPair, authorize: () => true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    listener(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: server.url(), close: () => server.close({ grace: 0 }) };
}

/** Connects until the server has said so often that one is connected: the one before may still be on its way out. */
export async function retried(attempt: () => Running, server: Running, count: number): Promise<Running> {
  for (;;) {
    const client = attempt();
    const connected = server.said(new RegExp(`(?:is connected[\\s\\S]*){${count}}`)).then(() => true);
    if (await Promise.race([connected, client.ending.then(() => false)])) return client;
  }
}
