import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import { AlertError, type AttachOptions, attach, type HawserSocket, importOptions } from "../net/index.ts";
import { type ImportOptions, Taker, type TakerOutput, UsageError } from "../protocol/index.ts";
import { type CreditType, credit } from "./credits.ts";
import { receiveDescriptors } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { withoutDebugger } from "./privileges.ts";

/** What a worker is made with. */
export interface WorkerOptions extends AttachOptions {
  /** Connections that it serves at once; no limit unless given. One more goes to another worker. */
  readonly capacity?: number;
}

/**
 * Serves a connection, which is over once it is closed and what this returns, where that is a promise, has settled.
 *
 * @param note what the acceptor has said of it, `""` for nothing
 * @param report tells the acceptor's watcher of it: up to 16 whole numbers below 2^32, no text. A list of such numbers that
 * this resolves with is the last report
 */
export type Serve = (
  socket: HawserSocket,
  note: string,
  report: (numbers: readonly number[]) => void,
) => unknown;

/** The descriptors that a worker is started with. */
export const workerDescriptors = { link: 3, credit: 4 } as const;

/** How long transports may take when all connections are over, in milliseconds: more than a drain does. */
const lastWords = 6_000;

interface Offered {
  readonly taker: Taker;
  readonly handle: Handle;
  readonly note: string;
}

/**
 * Makes this process a worker of a cluster: it is given connections that are open, and has no key. When its acceptor is
 * gone it serves those that it has to their end, and ends itself; SIGTERM ends them with `going_away`.
 *
 * @throws UsageError in a process that no cluster has started
 */
export async function runWorker(serve: Serve, options: WorkerOptions = {}): Promise<void> {
  const { capacity = Number.POSITIVE_INFINITY, ...attachOptions } = options;
  if (!(capacity > 0)) throw new UsageError("capacity is a number of connections, 1 or more");
  if (process.env["HAWSER_CLUSTER"] !== "worker") {
    throw new UsageError("runWorker() is for a process that startCluster() has started");
  }
  withoutDebugger();
  new Worker(serve, capacity, attachOptions, await importOptions(attachOptions)).start();
}

class Worker {
  readonly #serve: Serve;
  readonly #capacity: number;
  readonly #options: AttachOptions;
  readonly #taking: ImportOptions;
  readonly #credits = new Socket({ fd: workerDescriptors.credit, readable: false, writable: true });
  readonly #offered = new Map<number, Offered>();
  readonly #serving = new Map<number, HawserSocket>();
  /** Those that are being attached. */
  readonly #beginning = new Set<number>();
  /** Of those, who is let in no more. */
  readonly #unwanted = new Set<number>();
  #isEnding = false;
  #acceptorIsGone = false;
  #stopListening: () => void = () => undefined;

  constructor(serve: Serve, capacity: number, options: AttachOptions, taking: ImportOptions) {
    this.#serve = serve;
    this.#capacity = capacity;
    this.#options = options;
    this.#taking = taking;
  }

  start(): void {
    this.#credits.on("error", () => undefined); // The acceptor is gone, which its link tells.
    const frames = new FrameReader((frame) => this.#take(frame));
    this.#stopListening = receiveDescriptors(workerDescriptors.link, {
      bytes: (bytes) => frames.bytes(bytes),
      handle: (handle) => frames.handle(handle),
      end: () => this.#acceptorGone(),
    });
    process.on("SIGTERM", () => this.#stop());
    this.#tell("Ready", 0);
  }

  get #load(): number {
    return this.#offered.size + this.#serving.size + this.#beginning.size;
  }

  #take({ type, id, body, handle }: Frame): void {
    if (type === "Offer" && handle !== undefined) {
      const noteLength = new DataView(body.buffer).getUint32(0);
      const note = new TextDecoder().decode(body.subarray(4, 4 + noteLength));
      const taker = new Taker(this.#taking);
      this.#offered.set(id, { taker, handle, note });
      const hasRoom = this.#load <= this.#capacity && !this.#isEnding;
      this.#carryOut(id, taker.offered(body.subarray(4 + noteLength), hasRoom));
    } else if (type === "Go") {
      const offered = this.#offered.get(id);
      if (offered !== undefined) this.#carryOut(id, offered.taker.go());
    } else if (type === "End") {
      if (this.#beginning.has(id)) this.#unwanted.add(id);
      this.#serving.get(id)?.dismiss(new AlertError("not_authorized"));
    }
  }

  #carryOut(id: number, outputs: readonly TakerOutput[]): void {
    for (const output of outputs) {
      if (output.type === "send") {
        this.#tell(output.message, id);
        if (output.message === "Refuse") this.#forget(id);
      } else if (output.type === "abandoned") this.#forget(id);
      else if (output.type === "session") void this.#begin(id, output);
      else if (output.type === "fault") throw new Error(`the acceptor said ${output.message} out of turn`);
    }
  }

  async #begin(id: number, session: Parameters<typeof attach>[0]): Promise<void> {
    const { taker, handle, note } = this.#offered.get(id) as Offered;
    this.#offered.delete(id);
    this.#beginning.add(id);
    let socket: HawserSocket | undefined;
    try {
      socket = await attach(session, handle, this.#options);
    } catch {
      // It ended while it was on its way, which its peer knows as well as anybody.
    }
    this.#beginning.delete(id);
    const isUnwanted = this.#unwanted.delete(id);
    if (socket === undefined || socket.destroyed) {
      this.#over(id, taker);
      return;
    }
    const own = socket;
    this.#serving.set(id, own);
    own.on("error", () => undefined);
    const closed = new Promise<void>((resolve) => own.once("close", () => resolve()));
    if (isUnwanted) own.dismiss(new AlertError("not_authorized"));
    else if (this.#isEnding) own.dismiss(new AlertError("going_away"));
    const last = own.destroyed
      ? undefined
      : this.#serve(own, note, (numbers) => this.#report("Report", id, numbers));
    void closed
      .then(() => last)
      .then((numbers) => {
        this.#serving.delete(id);
        if (Array.isArray(numbers)) this.#report(undefined, id, numbers);
        this.#over(id, taker);
      });
  }

  #report(type: "Report" | undefined, id: number, numbers: readonly number[]): void {
    if (!this.#serving.has(id) && type !== undefined) return;
    for (const number of numbers) this.#tell("Count", number);
    if (type !== undefined) this.#tell(type, id);
  }

  #over(id: number, taker: Taker): void {
    this.#carryOut(id, taker.done());
    this.#endIfIdle();
  }

  /** Not taken: the acceptor goes on with it, or nobody does. */
  #forget(id: number): void {
    this.#offered.get(id)?.handle.close();
    this.#offered.delete(id);
    this.#endIfIdle();
  }

  #acceptorGone(): void {
    this.#acceptorIsGone = true;
    for (const [id, { taker }] of [...this.#offered]) this.#carryOut(id, taker.giverGone());
    this.#endIfIdle();
  }

  #stop(): void {
    this.#isEnding = true;
    for (const socket of this.#serving.values()) socket.dismiss(new AlertError("going_away"));
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#load > 0 || !(this.#acceptorIsGone || this.#isEnding)) return;
    this.#stopListening();
    this.#credits.end();
    // Nothing of a cluster keeps the process alive now, but what the last connections have still to say; for so long.
    setTimeout(() => process.exit(0), lastWords).unref();
  }

  #tell(type: CreditType, id: number): void {
    this.#credits.write(credit(type, id));
  }
}
