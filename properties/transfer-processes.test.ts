/**
 * Why: a descriptor, the bytes that were read from it and the keys go three ways from one process to another, while the
 * peer writes on. What is lost or repeated on the way shows in nothing but the bytes that come back.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";
import type { Handle } from "../src/net/handoff-handle.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { Giver, type GiverOutput } from "../src/protocol/index.ts";
import { afterwards, joinIn, serve } from "./net/loopback.ts";
import { echo, type Told } from "./transfer/echo.ts";

let primitives: Primitives;
beforeAll(async () => {
  primitives = await loadPrimitives();
});

interface Connection {
  giver: Giver;
  readonly handle: Handle;
  readonly hops: readonly number[];
}

/** The process that makes the handshakes: it gives each connection to one worker after the other. */
class Acceptor {
  readonly errors: string[] = [];
  readonly lost: number[] = [];
  /** Of the workers that are to die: when each is known to have done so. */
  readonly deaths: Promise<void>[] = [];
  handoffs = 0;
  #workers: ChildProcess[] = [];
  #connections = new Map<number, Connection>();
  /** Which worker has been offered, or given, which connections. */
  readonly #of = new Map<number, ChildProcess>();
  #ids = 0;
  #turn = 0;

  async start(...fates: readonly string[]): Promise<void> {
    this.#workers = await Promise.all(fates.map((fate) => this.#fork(fate)));
  }

  /** Serves a connection for so many bytes, and gives it away for the rest. */
  serve(socket: HawserSocket, [first = 0, ...hops]: readonly number[]): void {
    const id = this.#ids++;
    echo(
      socket,
      first,
      ({ blob, handle }) => this.#give(id, blob, handle, hops),
      (error) => this.errors.push(String(error)),
    );
  }

  #give(id: number, blob: Uint8Array, handle: Handle, hops: readonly number[]): void {
    this.#connections.set(id, { giver: new Giver(primitives, blob), handle, hops });
    this.#offer(id);
  }

  #offer(id: number): void {
    const alive = this.#workers.filter((worker) => worker.connected);
    const worker = alive[this.#turn++ % alive.length];
    const connection = this.#connections.get(id);
    if (worker === undefined || connection === undefined) throw new Error("nobody is there to serve");
    this.#of.set(id, worker);
    this.#do(id, connection.giver.offer());
  }

  #do(id: number, outputs: readonly GiverOutput[]): void {
    const { handle, hops } = this.#connections.get(id) as Connection;
    const worker = this.#of.get(id) as ChildProcess;
    // That a worker is gone is learnt from its end.
    const tell = (told: Told, more?: Handle) => worker.send(told, more as never, {}, () => undefined);
    for (const output of outputs) {
      if (output.type === "send" && output.message === "Offer") {
        tell({ kind: "Offer", id, blob: output.blob, hops }, handle);
      } else if (output.type === "send") {
        this.handoffs++;
        tell({ kind: "Go", id });
        handle.close();
      } else if (output.type === "returned") {
        this.#offer(id);
      } else if (output.type === "lost") {
        this.lost.push(id);
      } else {
        this.errors.push(`a fault: ${output.message}`);
      }
    }
  }

  async #fork(fate: string): Promise<ChildProcess> {
    const program = fileURLToPath(new URL("transfer/echo-worker.ts", import.meta.url));
    const worker = fork(program, [fate], { execArgv: ["--import", "tsx"], serialization: "advanced" });
    afterwards(async () => {
      const gone = worker.exitCode !== null || worker.signalCode !== null ? undefined : once(worker, "exit");
      worker.kill("SIGKILL");
      await gone;
    });
    worker.on("message", (told: Told, handle: Handle) => this.#heard(told, handle));
    // TR-044: 'close' comes once the process has ended and the link has been read to its end. 'exit' may come before what
    // the worker has said last, and 'disconnect' not at all, where a descriptor was on its way.
    const dead = new Promise<void>((resolve) => {
      worker.on("close", () => {
        this.#died(worker);
        resolve();
      });
    });
    if (fate !== "") this.deaths.push(dead);
    await new Promise<void>((resolve) =>
      worker.on("message", (told: Told) => told.kind === "ready" && resolve()),
    );
    return worker;
  }

  #heard(told: Told, handle: Handle): void {
    if (told.kind === "error") this.errors.push(told.text);
    else if (told.kind === "Back") this.#give(told.id, told.blob, handle, told.hops);
    else if (told.kind === "Ack" || told.kind === "Refuse" || told.kind === "Done") {
      const connection = this.#connections.get(told.id);
      if (connection === undefined) this.errors.push(`who said ${told.kind}?`);
      else this.#do(told.id, connection.giver.receive(told.kind));
    }
  }

  #died(worker: ChildProcess): void {
    for (const [id, { giver }] of this.#connections)
      if (this.#of.get(id) === worker) this.#do(id, giver.takerDied());
  }
}

/** Streams as fast as it goes, and hashes what went and what came back. */
async function stream(client: HawserSocket, bytes: Buffer): Promise<{ sent: string; back: string }> {
  const back = createHash("sha256");
  let received = 0;
  client.on("data", (chunk: Buffer) => {
    received += chunk.length;
    back.update(chunk);
  });
  const ended = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.on("error", () => undefined);
  for (let at = 0; at < bytes.length && !client.destroyed; at += 16_384)
    if (!client.write(bytes.subarray(at, at + 16_384))) await Promise.race([once(client, "drain"), ended]);
  client.end();
  await ended;
  const sent = createHash("sha256").update(bytes).digest("hex");
  return { sent: `${bytes.length} ${sent}`, back: `${received} ${back.digest("hex")}` };
}

const length = 262_144;
const someByte = () => randomBytes(4).readUInt32BE() % length;
/** How many bytes each process in turn sends back, all of them less than there are. */
const someHops = (count: number) => {
  const at = Array.from({ length: count }, someByte).sort((a, b) => a - b);
  return at.map((offset, i) => Math.max(1, offset - (at[i - 1] ?? 0)));
};

async function run(count: number, hops: number, path: string | undefined, ...fates: readonly string[]) {
  const acceptor = new Acceptor();
  await acceptor.start(...fates);
  const server = await serve((socket) => acceptor.serve(socket, someHops(hops)), {
    allowHalfOpen: true,
    ...(path === undefined ? {} : { path }),
  });
  const streams = Array.from({ length: count }, async () =>
    stream(await joinIn(server, { allowHalfOpen: true }), randomBytes(length)),
  );
  const ended = await Promise.all(streams);
  // A peer may notice before the acceptor does.
  await Promise.all(acceptor.deaths);
  return { acceptor, streams: ended, server };
}

describe("connections that are handed from process to process", () => {
  it.each(["TCP", "unix"])(
    "TR-006 TR-050 TR-051 TR-052: at random bytes, while their clients stream: nothing is lost or repeated (%s)",
    async (kind) => {
      const folder = mkdtempSync(join(tmpdir(), "hawser-"));
      afterwards(() => rmSync(folder, { recursive: true }));
      const path = kind === "unix" ? join(folder, "socket") : undefined;
      const { acceptor, streams, server } = await run(30, 4, path, "", "");
      expect(acceptor.errors).toEqual([]);
      expect(streams.filter(({ sent, back }) => sent !== back)).toEqual([]);
      expect(acceptor.handoffs).toBe(30 * 4);
      expect(acceptor.lost).toEqual([]);
      expect(server.connections.size).toBe(0);
    },
  );

  it("TR-042 TR-044: whose taker dies with the Offer go on with another, and nothing is lost", async () => {
    const { acceptor, streams } = await run(12, 1, undefined, "dies:offer", "");
    // Those that it had taken on before are lost with it, and said to be.
    expect(acceptor.errors).toEqual([]);
    const broken = streams.filter(({ sent, back }) => sent !== back);
    expect(broken.length).toBeLessThanOrEqual(acceptor.lost.length);
    expect(acceptor.lost.length).toBeLessThanOrEqual(2);
  });

  it("TR-046: whose taker dies with the Go are said to be lost, and no others are", async () => {
    const { acceptor, streams } = await run(12, 1, undefined, "dies:go", "");
    expect(acceptor.errors).toEqual([]);
    // One that was over, and whose Done came no more, is said to be lost as well.
    const broken = streams.filter(({ sent, back }) => sent !== back);
    expect(broken.length).toBeLessThanOrEqual(acceptor.lost.length);
    expect(acceptor.lost.length).toBeGreaterThanOrEqual(1);
    expect(acceptor.lost.length).toBeLessThan(12);
  });
});
