/** Why: a writer that is never held back keeps the event loop from the very read, or timer, that would stop it. */
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  joinIn,
  pattern,
  pipePair,
  readAll,
  serve,
  until,
} from "../../properties/net/loopback.ts";
import { accept } from "./accept.ts";
import { connect, createConnection } from "./connect.ts";
import { AlertError } from "./errors.ts";
import { attach, detach } from "./handoff.ts";
import { HawserSocket } from "./socket.ts";

const chunk = pattern(65_536);

/** Writes for as long as it may, heeding nothing else; how often it was allowed to. */
function writeOn(socket: HawserSocket, most = 10_000): number {
  let count = 1;
  while (count < most && socket.write(chunk)) count++;
  return count;
}

/** An end of a connection whose transport passes on the handshake alone; after it, it takes everything at once, or nothing. */
async function intoTheVoid(takes = true): Promise<HawserSocket & { readonly carrier: Duplex }> {
  const [near, far] = pipePair();
  let isOpen = false;
  const transport: Duplex = new Duplex({
    read: () => void near.resume(),
    write(bytes, _encoding, callback) {
      if (!isOpen) near.write(bytes);
      if (!isOpen || takes) callback();
    },
  });
  near.on("data", (bytes) => transport.push(bytes));
  const [client, server] = await Promise.all([
    connect({ stream: transport, keyPair: clientKey, serverKey: serverKey.publicKey }),
    accept(far, { keyPair: serverKey, authorize: () => true }),
  ]);
  isOpen = true;
  for (const socket of [client, server]) {
    socket.on("error", () => undefined);
    afterwards(() => socket.destroy());
  }
  return Object.assign(client, { carrier: transport });
}

describe("a writer is held back", () => {
  it("from within an event, when nothing can be handed over yet", async () => {
    const counts: number[] = [];
    const server = await serve((socket) => {
      counts.push(writeOn(socket));
      socket.on("data", () => counts.push(writeOn(socket)));
    });
    const client = await joinIn(server);
    client.resume();
    client.write("go on");
    await until(() => counts.length >= 2);
    for (const count of counts) expect(count).toBeLessThan(100);
  });

  it("by a transport that takes everything at once, for a turn of the event loop", async () => {
    const client = await intoTheVoid();
    const counts = [writeOn(client)];
    client.on("drain", () => counts.push(writeOn(client)));
    await until(() => counts.length > 2);
    for (const count of counts) expect(count).toBeLessThan(100);
  });

  it("also where each write waits for the one before", async () => {
    const client = await intoTheVoid();
    const next = (error?: Error | null) => {
      if (error == null) client.write("x", next);
    };
    next();
    // The timers of `until` run in between.
    await until(() => client.bytesWritten > 8_192);
  });

  it("from within the event of data that an alert has come with", async () => {
    const [near, far] = pipePair();
    const [client, server] = await Promise.all([
      connect({ stream: near, keyPair: clientKey, serverKey: serverKey.publicKey }),
      accept(far, { keyPair: serverKey, authorize: () => true }),
    ]);
    const counts: number[] = [];
    client.on("data", () => counts.push(writeOn(client)));
    // Both in one chunk of the transport: the channel has failed by the time of the data's event.
    far.cork();
    server.write("data");
    void server.alert(0x8001, "enough");
    setImmediate(() => far.uncork());
    const [error] = await once(client, "error");
    expect(error).toMatchObject({ alert: 0x8001 });
    for (const count of counts) expect(count).toBeLessThan(100);
  });

  it("while a failure waits for the data before it to be read, and fails", async () => {
    let atServer: HawserSocket | undefined;
    const server = await serve((socket) => {
      atServer = socket;
    });
    const client = await joinIn(server);
    await until(() => atServer !== undefined);
    atServer?.write("unread");
    atServer?.destroy(new AlertError(0x8001));
    atServer?.on("error", () => undefined);
    await until(() => client.failure !== undefined);
    const errors: unknown[] = [];
    const write = () => {
      const isWelcome = client.write(chunk, (error) => {
        errors.push(error, isWelcome);
        if (!client.destroyed) write();
      });
    };
    write();
    let drains = 0;
    client.on("drain", () => drains++);
    await until(() => errors.length > 3);
    expect(errors.slice(0, 2)).toMatchObject([{ alert: 0x8001 }, false]);
    await until(() => drains > 1);
    expect(await readAll(client)).toMatchObject({ data: Buffer.from("unread"), end: { alert: 0x8001 } });
  });
});

describe("one write of very much", () => {
  const much = 64 * 2 ** 20;

  it("leaves the event loop a turn for each megabyte", async () => {
    const client = await intoTheVoid();
    let turns = 0;
    let isDone = false;
    client.write(Buffer.alloc(much), () => {
      isDone = true;
    });
    for (; !isDone; turns++) await new Promise(setImmediate);
    expect(turns).toBeGreaterThanOrEqual(63);
    expect(client.bytesWritten).toBe(much);
  });

  it("is sealed no further than the peer takes it", async () => {
    const client = await intoTheVoid(false);
    client.write(Buffer.alloc(much));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(client.carrier.writableLength).toBeGreaterThan(0);
    expect(client.carrier.writableLength).toBeLessThan(1.1 * 2 ** 20);
  });

  it("is let go of when the connection fails", async () => {
    const client = await intoTheVoid(false);
    const failed = new Promise((resolve) => client.write(Buffer.alloc(much), resolve));
    client.carrier.destroy();
    expect(await failed).toMatchObject({ code: "ERR_HAWSER_TRUNCATED" });
  });

  it("arrives whole", async () => {
    const sent = pattern(10_000_001);
    const client = await joinIn(await serve((socket) => void socket.pipe(socket)));
    client.end(sent);
    expect((await readAll(client)).data.equals(sent)).toBe(true);
  });
});

describe("what was written is the writer's again", () => {
  /** All that arrives of what `write` writes. */
  async function arrived(write: (client: HawserSocket) => Promise<unknown>): Promise<Buffer> {
    const heard: Promise<{ data: Buffer; end: unknown }>[] = [];
    const server = await serve((socket) => void heard.push(readAll(socket)));
    const client = await joinIn(server);
    await write(client);
    client.end();
    await until(() => heard.length > 0);
    const { data, end } = await (heard[0] as Promise<{ data: Buffer; end: unknown }>);
    expect(end).toBe("end");
    return data;
  }

  it.each([100, 20_000, 1_048_576 + 100, 2_097_152 + 20_000])(
    "once its write has called back: %i bytes",
    async (length) => {
      const sent = Buffer.from(pattern(length));
      const data = await arrived(
        (client) => new Promise((done) => client.write(sent, () => done(sent.fill(0)))),
      );
      expect(data.equals(pattern(length))).toBe(true);
    },
  );
});

describe("bytes that are lent to a socket", () => {
  /** Writes patterns from one piece of memory, which is another's as soon as that returns. */
  function lend(socket: HawserSocket, lengths: readonly number[]): Buffer {
    const memory = Buffer.alloc(Math.max(...lengths));
    const all = lengths.map((length, i) => {
      const bytes = pattern(length, i + 1);
      bytes.copy(memory);
      socket.writeBorrowed(memory.subarray(0, length));
      memory.fill(0xee);
      return bytes;
    });
    return Buffer.concat(all);
  }
  async function receiver() {
    let onServer: (socket: HawserSocket) => void = () => undefined;
    const received = new Promise<HawserSocket>((resolve) => {
      onServer = resolve;
    }).then(readAll);
    return { server: await serve((socket) => onServer(socket)), received };
  }
  const lengths = [1, 100, 32_768, 70_000, 262_144, 5, 1_048_576, 1_048_577, 3_000_000, 16_384, 0, 9];
  const situations: Record<string, (socket: HawserSocket) => void> = {
    "while nothing waits": () => undefined,
    "while a write waits": (socket) => void socket.write(Buffer.alloc(2_000_000)),
    "while a flush waits": (socket) => {
      socket.write(Buffer.alloc(3_000_000));
      void socket.flush();
    },
    "while it is corked": (socket) => {
      socket.cork();
      process.nextTick(() => socket.uncork());
    },
  };

  it.each(Object.entries(situations))("arrive as they were: %s", async (_, before) => {
    const { server, received } = await receiver();
    const client = await joinIn(server);
    before(client);
    const sent = [lend(client, lengths)];
    await once(client, "drain");
    sent.push(lend(client, lengths));
    client.end();
    const { data } = await received;
    const end = Buffer.concat(sent);
    expect(data.subarray(data.length - end.length).equals(end)).toBe(true);
  });

  it("arrive as they were: while a flush is all that waits", async () => {
    const [near, far] = pipePair();
    const slow: Duplex = new Duplex({
      read: () => void near.resume(),
      write: (bytes, _encoding, callback) => void setTimeout(() => near.write(bytes, callback), 5),
      final: (callback) => void near.end(callback),
    });
    near.on("data", (bytes) => slow.push(bytes)).on("end", () => slow.push(null));
    const [client, server] = await Promise.all([
      connect({ stream: slow, keyPair: clientKey, serverKey: serverKey.publicKey }),
      accept(far, { keyPair: serverKey, authorize: () => true }),
    ]);
    for (const socket of [client, server]) afterwards(() => socket.destroy());
    client.write(Buffer.alloc(1));
    await new Promise((resolve) => setImmediate(resolve));
    const flushed = client.flush();
    expect(client.writableLength).toBe(0);
    const sent = lend(client, [1, 100, 20_000]);
    client.end();
    await flushed;
    expect((await readAll(server)).data.subarray(1).equals(sent)).toBe(true);
  });

  it("arrive as they were: in the moment in which a session that was handed over is open", async () => {
    const { server, received } = await receiver();
    const { blob, handle } = await detach(await joinIn(server));
    let sent: Buffer = Buffer.alloc(0);
    const { emit } = HawserSocket.prototype;
    vi.spyOn(HawserSocket.prototype, "emit").mockImplementation(function (this: HawserSocket, ...args) {
      if (args[0] === "ready") sent = lend(this, lengths);
      return emit.apply(this, args);
    });
    const client = await attach(blob, handle);
    vi.restoreAllMocks();
    client.end();
    expect((await received).data.equals(sent)).toBe(true);
    expect(sent.length).toBeGreaterThan(0);
  });

  it("arrive as they were: before it is open", async () => {
    const { server, received } = await receiver();
    const client = createConnection(server.url(), { keyPair: clientKey });
    const sent = lend(client, lengths);
    client.end();
    expect((await received).data.equals(sent)).toBe(true);
  });
});
