import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { DescriptorSender } from "./descriptor-pipe.ts";
import type { ClusterEvent } from "./events.ts";
import { type FrameType, frame } from "./frames.ts";
import { LaneSender, lanesFor } from "./lane-sender.ts";
import type { LinkStart } from "./link.ts";
import type { BoundPlace } from "./place.ts";
import { type AcceptorProgram, startAcceptor, startWorker, type WorkerProgram } from "./programs.ts";
import { type Told, ToldReader } from "./told.ts";

/** What a generation is started with. */
export interface GenerationOptions {
  readonly acceptor: AcceptorProgram;
  readonly worker: WorkerProgram;
  readonly workers: number;
  readonly observe: (event: ClusterEvent) => void;
}

interface Worker {
  readonly number: number;
  readonly slot: number;
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** Tells it of the ways to and from other workers; none where there is none. */
  lanes: LaneSender | undefined;
  /** Why it was ended. */
  fault: string | undefined;
}

/** How long to wait before a worker is started again, in milliseconds: doubled while they end at once. */
const backoff = { first: 50, last: 10_000, goodAfter: 5_000 } as const;

/** Numbers are never used again. */
let lastNumber = 0;
let lastAcceptor = 0;

/** How long after an acceptor's end what it said may still be on its way, in milliseconds. */
const lastWords = 1_000;

/** Where clients can come. */
interface Place {
  readonly url: string;
  readonly address: string;
}

/** An acceptor and its workers. A cluster has one that takes connections, and older ones that come to their end. */
export class Generation {
  readonly number = ++lastAcceptor;
  /** Resolves with the URL when clients can come and every worker is there; rejects when that is not to be. */
  readonly ready: Promise<Place>;
  /** Resolves when all of its processes have ended. */
  readonly ended: Promise<void>;
  /** Called when the acceptor has ended without having been told to. */
  onAcceptorLost: () => void = () => undefined;
  readonly #options: GenerationOptions;
  readonly #acceptor: ChildProcess;
  readonly #sender: DescriptorSender | undefined;
  readonly #workers = new Map<number, Worker>();
  readonly #waits = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #settleReady: { resolve(place: Place): void; reject(error: Error): void } | undefined;
  #settleEnded: () => void = () => undefined;
  #place: Place | undefined;
  #readyWorkers = 0;
  #isReady = false;
  #isRetiring = false;
  #isKilled = false;
  #hasAcceptor = true;

  constructor(options: GenerationOptions, place: BoundPlace) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.ready.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    const { child, pipes } = startAcceptor(options.acceptor, place.fd, place.path);
    this.#acceptor = child;
    const [link, told] = pipes;
    if (link !== undefined && told !== undefined) {
      this.#sender = new DescriptorSender(link);
      const heard = this.#listenTo(new Socket({ handle: told, readable: true, writable: false } as never));
      onGone(child, (code, signal) => void heard().then(() => this.#acceptorGone(code, signal)));
    } else onGone(child, (code, signal) => this.#acceptorGone(code, signal));
    for (let slot = 0; slot < options.workers; slot++) this.#startWorker(slot);
  }

  get pids(): { readonly acceptor: number | undefined; readonly workers: readonly (number | undefined)[] } {
    const workers = [...this.#workers.values()].sort((a, b) => a.slot - b.slot);
    return { acceptor: this.#acceptor.pid, workers: workers.map(({ child }) => child.pid) };
  }

  /** Its acceptor has died, and its workers serve what they have. */
  get isOrphaned(): boolean {
    return !this.#hasAcceptor && this.#workers.size > 0;
  }

  /** Takes no more connections; those that are there go on. */
  retire(atOnce: boolean): void {
    this.#isRetiring = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#send("Retire", 0, new Uint8Array(atOnce ? 1 : 0));
  }

  tell(message: unknown): void {
    this.#send("Message", 0, new TextEncoder().encode(JSON.stringify(message)));
  }

  /** Ends the connections, with `going_away`. */
  stop(): void {
    for (const { child } of this.#workers.values()) child.kill("SIGTERM");
  }

  kill(): void {
    this.#isKilled = true;
    for (const { child } of this.#workers.values()) child.kill("SIGKILL");
    if (this.#hasAcceptor) this.#acceptor.kill("SIGKILL");
  }

  #startWorker(slot: number): void {
    const { observe, worker: program } = this.#options;
    const lanes = lanesFor(program, slot, this.#workers.values());
    const { child, pipes } = startWorker(program, slot, lanes);
    const worker: Worker = {
      number: ++lastNumber,
      slot,
      child,
      startedAt: performance.now(),
      lanes: undefined,
      fault: undefined,
    };
    this.#workers.set(worker.number, worker);
    observe({ type: "workerStarted", worker: worker.number, slot, pid: child.pid });
    const [link, credits, control, ...ends] = pipes;
    if (link !== undefined && credits !== undefined) {
      const { number } = worker;
      const start: LinkStart = { slot, passesOn: lanes !== undefined };
      const body = new TextEncoder().encode(JSON.stringify(start));
      this.#sender?.send(frame("Link", number, body), link, () => link.close());
      this.#sender?.send(frame("Credit", number), credits, () => credits.close());
    }
    if (lanes !== undefined && control !== undefined) {
      worker.lanes = new LaneSender(control, () => child.kill("SIGKILL"));
      lanes.forEach(([other, , gives], i) => {
        const lane = { slot, gives: !gives };
        const end = ends[i];
        const sender = this.#workers.get(other)?.lanes;
        if (end === undefined || sender === undefined) end?.close();
        else sender.open(worker.number, lane, end);
      });
    }
    onGone(child, (code, signal) => this.#workerGone(worker, code, signal));
  }

  #workerGone(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    const { number, slot, startedAt, fault } = worker;
    this.#workers.delete(number);
    this.#send("Exited", number);
    worker.lanes?.close();
    for (const { lanes } of this.#workers.values()) lanes?.exited(number);
    this.#options.observe({
      ...{ type: "workerEnded", worker: number, slot, code, signal, why: fault },
      withAll: this.#isKilled,
    });
    if (!this.#isReady)
      this.#failedToStart(`a worker has ended before all were there: ${signal ?? `exit code ${code}`}`, code);
    if (!this.#isRetiring && this.#hasAcceptor) {
      const isGood = performance.now() - startedAt > backoff.goodAfter;
      const wait = isGood ? backoff.first : (this.#waits.get(slot) ?? backoff.first);
      this.#waits.set(slot, Math.min(2 * wait, backoff.last));
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#startWorker(slot);
      }, wait);
      this.#timers.add(timer);
    }
    this.#endIfOver();
  }

  /** A worker ends by itself where its acceptor has, which says more, and may be heard of later. */
  #failedToStart(why: string, code: number | null): void {
    const fail = () => this.#settleReady?.reject(new Error(why));
    if (code === 0 && this.#hasAcceptor) this.#timers.add(setTimeout(fail, 2 * lastWords));
    else fail();
  }

  #acceptorGone(code: number | null, signal: NodeJS.Signals | null): void {
    const wasRetiring = this.#isRetiring;
    this.#hasAcceptor = false;
    this.#isRetiring = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#sender?.close();
    this.#options.observe({ type: "acceptorEnded", acceptor: this.number, code, signal });
    this.#settleReady?.reject(new Error(`the acceptor has ended: ${signal ?? `exit code ${code}`}`));
    if (!wasRetiring) this.onAcceptorLost();
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (!this.#hasAcceptor && this.#workers.size === 0) this.#settleEnded();
  }

  /** Gives what waits for the rest of what is said, once its process has ended. */
  #listenTo(told: Socket): () => Promise<void> {
    const reader = new ToldReader();
    told.on("error", () => undefined);
    told.on("data", (bytes) => {
      try {
        reader.read(bytes, (message) => this.#heard(message));
      } catch {
        told.destroy();
        this.#acceptor.kill("SIGKILL");
      }
    });
    const closed = new Promise<void>((resolve) => told.once("close", () => resolve()));
    return () => {
      const timer = setTimeout(() => told.destroy(), lastWords);
      return closed.finally(() => clearTimeout(timer));
    };
  }

  #heard(told: Told): void {
    const { observe, workers } = this.#options;
    if (told.type === "listening") this.#place = told;
    else if (told.type === "message") observe({ ...told, acceptor: this.number });
    else if (told.type === "doubted") observe({ ...told, type: "workerDoubted" });
    else if (told.type === "busy" || told.type === "error") observe(told);
    else if (told.type === "ready") {
      this.#readyWorkers++;
      observe({ type: "workerReady", worker: told.worker });
    } else if (told.type === "fault") {
      const worker = this.#workers.get(told.worker);
      if (worker === undefined) return;
      worker.fault = told.words;
      worker.child.kill("SIGKILL");
    } else observe({ type: "connectionLost", worker: told.worker });
    if (this.#place === undefined || this.#readyWorkers < workers) return;
    this.#isReady = true;
    this.#settleReady?.resolve(this.#place);
  }

  #send(type: FrameType, id: number, body: Uint8Array = new Uint8Array(0)): void {
    if (this.#hasAcceptor) this.#sender?.send(frame(type, id, body));
  }
}

type Gone = (code: number | null, signal: NodeJS.Signals | null) => void;

/** Its process is no more, or has never been. */
function onGone(child: ChildProcess, call: Gone): void {
  if (child.pid === undefined) child.once("error", () => call(null, null));
  else child.once("exit", call);
}
