import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import { type AttachOptions, importOptions } from "../net/index.ts";
import { type ImportOptions, Taker, type TakerOutput, UsageError } from "../protocol/index.ts";
import { type CreditType, credit } from "./credits.ts";
import { receiveDescriptors } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import type { GivingLane } from "./giving-lane.ts";
import { Lanes } from "./lanes.ts";
import { readOffer } from "./offer.ts";
import { withoutDebugger } from "./privileges.ts";
import { type Serve, Serving } from "./serving.ts";

/** What a worker is made with. */
export interface WorkerOptions extends AttachOptions {
  /** Connections that it serves at once; no limit unless given. One more goes to another worker. */
  readonly capacity?: number;
  /** Of these, how many one and the same other worker may have passed on; all unless given. */
  readonly capacityPerWorker?: number;
}

/** The descriptors that a worker is started with, besides those of its lanes. */
export const workerDescriptors = { link: 3, credit: 4 } as const;

/** How long transports may take when all connections are over, in milliseconds: more than a drain does. */
const lastWords = 6_000;

interface Offered {
  readonly taker: Taker;
  readonly note: string;
}

/** In connections at once. */
interface Capacity {
  readonly all: number;
  readonly perWorker: number;
}

/**
 * Makes this process a worker of a cluster: it is given connections that are open, and has no key. When its acceptor is
 * gone it serves those that it has to their end, and ends itself; SIGTERM ends them with `going_away`.
 *
 * @throws UsageError in a process that no cluster has started
 */
export async function runWorker(serve: Serve, options: WorkerOptions = {}): Promise<void> {
  const { capacity: all = Number.POSITIVE_INFINITY, capacityPerWorker: perWorker = all, ...others } = options;
  if (!(all > 0 && perWorker > 0)) throw new UsageError("capacity is a number of connections, 1 or more");
  if (process.env["HAWSER_CLUSTER"] !== "worker") {
    throw new UsageError("runWorker() is for a process that startCluster() has started");
  }
  withoutDebugger();
  new Worker(serve, { all, perWorker }, others, await importOptions(others)).start();
}

class Worker {
  readonly #capacity: Capacity;
  readonly #taking: ImportOptions;
  readonly #credits = new Socket({ fd: workerDescriptors.credit, readable: false, writable: true });
  readonly #offered = new Map<number, Offered>();
  readonly #serving: Serving;
  #lanes: Lanes | undefined;
  #isEnding = false;
  #acceptorIsGone = false;
  #stopListening: () => void = () => undefined;

  constructor(serve: Serve, capacity: Capacity, options: AttachOptions, taking: ImportOptions) {
    this.#capacity = capacity;
    this.#taking = taking;
    this.#serving = new Serving({
      ...{ serve, options, primitives: taking.primitives },
      tell: (type, id) => this.#tell(type, id),
      lanes: (slot) => this.#lanesTo(slot),
      isEnding: () => this.#isEnding,
      left: () => this.#endIfIdle(),
    });
  }

  start(): void {
    this.#credits.on("error", () => undefined); // The acceptor is gone, which its link tells.
    const frames = new FrameReader((frame) => this.#take(frame));
    this.#stopListening = receiveDescriptors(workerDescriptors.link, {
      bytes: (bytes) => frames.bytes(bytes),
      handle: (handle) => frames.handle(handle),
      end: () => {
        frames.end();
        this.#acceptorGone();
      },
    });
    this.#lanes = this.#openLanes();
    process.on("SIGTERM", () => this.#stop());
    this.#tell("Ready", 0);
  }

  get #load(): number {
    return this.#offered.size + this.#serving.size + (this.#lanes?.holding ?? 0);
  }

  #openLanes(): Lanes | undefined {
    const atStart = process.env["HAWSER_CLUSTER_LANES"];
    if (atStart === undefined) return undefined;
    return new Lanes(JSON.parse(atStart), this.#taking, {
      hasRoom: (lane, id) =>
        !this.#isEnding &&
        this.#load < this.#capacity.all &&
        this.#serving.sizeOf(lane) < this.#capacity.perWorker &&
        !this.#serving.has(id) &&
        this.#lanes?.holderOf(id) === undefined,
      taken: (given, lane) => void this.#serving.begin({ ...given, lane }),
      lost: (id) => this.#tell("Lost", id),
      closed: () => this.#endIfIdle(),
      passing: (id, worker) => {
        this.#serving.given(id);
        this.#tell("Pass", id, worker);
      },
      doubt: (worker) => this.#tell("Doubt", worker),
    });
  }

  #lanesTo(slot: number | undefined): readonly GivingLane[] {
    if (this.#lanes === undefined) throw new UsageError("workers of this cluster have no worker.passOn");
    // Who takes it has its descriptor from the acceptor.
    return this.#isEnding || this.#acceptorIsGone ? [] : this.#lanes.open(slot);
  }

  #take({ type, id, body, handle }: Frame): void {
    if (type === "Offer") {
      const { note, blob } = readOffer(body);
      const taker = new Taker(this.#taking);
      const hasRoom = this.#load < this.#capacity.all && !this.#isEnding;
      this.#offered.set(id, { taker, note });
      this.#carryOut(id, taker.offered(blob, hasRoom));
    } else if (type === "Go") {
      const offered = this.#offered.get(id);
      if (offered !== undefined) this.#carryOut(id, offered.taker.go(), handle);
    } else if (type === "Ask") this.#tell("Here", 0);
    else if (type === "End") {
      this.#lanes?.holderOf(id)?.endUnwanted();
      this.#serving.endUnwanted(id);
    } else if (type === "Hand" && handle !== undefined) {
      const lane = this.#lanes?.holderOf(id);
      if (lane !== undefined) {
        if (body[0] === 1) lane.endUnwanted();
        lane.handed(handle, body.subarray(1));
      } else {
        handle.close();
        this.#tell("Lost", id);
      }
    }
  }

  /** @param handle with Go */
  #carryOut(id: number, outputs: readonly TakerOutput[], handle?: Handle): void {
    for (const output of outputs) {
      if (output.type === "fault") throw new Error(`the acceptor said ${output.message} out of turn`);
      if (output.type === "send") this.#tell(output.message, id);
      if (output.type === "session" && handle !== undefined) {
        const { note = "" } = this.#offered.get(id) ?? {};
        this.#offered.delete(id);
        void this.#serving.begin({ id, session: output, handle, note });
      } else if (output.type === "abandoned" || (output.type === "send" && output.message === "Refuse")) {
        this.#offered.delete(id); // The acceptor goes on with it, or nobody does.
        this.#endIfIdle();
      }
    }
  }

  #acceptorGone(): void {
    this.#acceptorIsGone = true;
    for (const [id, { taker }] of [...this.#offered]) this.#carryOut(id, taker.giverGone());
    this.#endIfIdle();
  }

  #stop(): void {
    this.#isEnding = true;
    this.#serving.endAll();
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#load > 0 || !(this.#acceptorIsGone || this.#isEnding)) return;
    this.#stopListening();
    this.#credits.end();
    this.#lanes?.close();
    // Nothing of a cluster keeps the process alive now, but what the last connections have still to say; for so long.
    setTimeout(() => process.exit(0), lastWords).unref();
  }

  #tell(type: CreditType, id: number, to?: number): void {
    this.#credits.write(credit(type, id, to));
  }
}
