/** Connections of many kinds, as programs make and break them, and the service that they are made to. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** The first byte that a client sends says what the service does. */
const wishes = { echo: 0x65, reset: 0x72, answer: 0x61, silence: 0x73 } as const;

/** What the service says of itself before it ends its direction. */
const answer = Buffer.alloc(100_000, "an answer ");

/** The service behind the tunnel. */
export async function openService(): Promise<{ port: number; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    // Of one that came and went without a word, too.
    socket.on("end", () => socket.end());
    socket.once("data", (first) => {
      switch (first[0]) {
        case wishes.echo:
          socket.write(first);
          socket.pipe(socket);
          return;
        case wishes.reset:
          setTimeout(() => socket.resetAndDestroy(), 20);
          return;
        case wishes.answer:
          socket.end(answer);
          socket.resume();
          return;
        default:
          socket.resume();
      }
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return { port: address.port, server, sockets };
}

/** Where connections go: the tunnel's near end, and its far one for what is no client. */
export interface Places {
  readonly near: number;
  readonly far: number;
}

type Kind = (places: Places) => Promise<void>;

/** Each makes one connection and sees it to its end. Rejects where what came is not what should have. */
export const kinds: Readonly<Record<string, Kind>> = {
  "a short exchange": ({ near }) => exchange(near, 2_000),
  "a long exchange": ({ near }) => exchange(near, 4_000_000),
  "a slow reader": ({ near }) => exchange(near, 600_000, 5),
  "an upload": async ({ near }) => {
    const socket = open(near);
    socket.end(Buffer.concat([Buffer.of(wishes.silence), Buffer.alloc(1_000_000)]));
    expectBytes(await buffer(socket), Buffer.alloc(0));
  },
  "a half-closed download": async ({ near }) => {
    const socket = open(near);
    socket.end(Buffer.of(wishes.answer));
    expectBytes(await buffer(socket), answer);
  },
  "one that stays for long": async ({ near }) => {
    const socket = open(near);
    const all = buffer(socket);
    socket.write(Buffer.of(wishes.echo));
    await pause(5_000 + Math.random() * 10_000);
    socket.end("still here");
    expectBytes(await all, Buffer.concat([Buffer.of(wishes.echo), Buffer.from("still here")]));
  },
  "a service that breaks off": async ({ near }) => {
    const socket = open(near);
    socket.write(Buffer.of(wishes.reset));
    const end = await Promise.race([ending(socket), once(socket.resume(), "end").then(() => "an end")]);
    socket.destroy();
    if (end !== "ECONNRESET") throw new Error(`a reset became ${end}`);
  },
  "a program that breaks off": async ({ near }) => {
    const socket = open(near);
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    socket.write(Buffer.concat([Buffer.of(wishes.echo), Buffer.alloc(300_000)]));
    await pause(Math.random() * 50);
    socket.resetAndDestroy();
    await closed(socket);
  },
  "one that goes before it is let in": async ({ near }) => {
    const socket = open(near);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.destroy();
    await closed(socket);
  },
  "no client at all": async ({ far }) => {
    const socket = open(far);
    socket.on("error", () => undefined).resume();
    socket.end("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await closed(socket);
  },
};

function open(port: number): Socket {
  return connect({ port, host: "127.0.0.1", allowHalfOpen: true });
}

/** Sends bytes, and gets them back; `slow` is for how many milliseconds a reader takes nothing in between. */
async function exchange(port: number, size: number, slow = 0): Promise<void> {
  const bytes = Buffer.alloc(size, `${Math.random()} `);
  bytes[0] = wishes.echo;
  const socket = open(port);
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (slow > 0) await pause(slow);
  }
  expectBytes(Buffer.concat(chunks), bytes);
}

function expectBytes(got: Buffer, wanted: Buffer): void {
  if (!got.equals(wanted)) throw new Error(`${got.length} bytes came, and not the ${wanted.length} wanted`);
}

async function ending(socket: Socket): Promise<string> {
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  return error.code ?? error.message;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, "close");
}
