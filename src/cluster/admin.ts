import { UsageError } from "../protocol/index.ts";
import type { ClusterEvent } from "./events.ts";
import { Generation, type GenerationOptions } from "./generation.ts";
import { maxWorkersWithLanes } from "./lane.ts";
import { type BoundPlace, bindPlace, type ClusterPlace } from "./place.ts";
import type { AcceptorProgram, WorkerProgram } from "./programs.ts";

/** What a cluster is made with. */
export interface ClusterOptions {
  readonly listen: ClusterPlace;
  /** Calls `runAcceptor`. */
  readonly acceptor: AcceptorProgram;
  /** Calls `runWorker`. */
  readonly worker: WorkerProgram;
  /** How many. */
  readonly workers: number;
  readonly observe?: (event: ClusterEvent) => void;
}

/** How long after a connection's end its process may still be there, in milliseconds: more than it takes by itself. */
const lastWords = 7_000;
const backoff = { first: 100, last: 10_000 } as const;

/** Starts a cluster: resolves when clients can come and every worker is there. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { listen, workers, acceptor, worker, observe = () => undefined } = options;
  if (process.platform === "win32") throw new UsageError("a cluster needs descriptors that can be passed on");
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= 1_024)) {
    throw new UsageError("workers is a number from 1 to 1024");
  }
  if (worker.passOn !== undefined && worker.passOn !== false && workers > maxWorkersWithLanes) {
    throw new UsageError(`workers that pass connections on are ${maxWorkersWithLanes} at the most`);
  }
  const place = await bindPlace(listen);
  const cluster = new Cluster({ acceptor, worker, workers, observe }, place);
  await cluster.reload();
  return cluster;
}

/** The process that starts the others. It has neither keys nor connections, and reads nothing of a worker. */
export class Cluster {
  readonly #options: GenerationOptions;
  #place: BoundPlace;
  readonly #generations = new Set<Generation>();
  #current: Generation | undefined;
  #url = "";
  #address = "";
  #isClosing = false;
  #retry: NodeJS.Timeout | undefined;
  #wait: number = backoff.first;

  /** @internal */
  constructor(options: GenerationOptions, place: BoundPlace) {
    this.#options = options;
    this.#place = place;
  }

  /** The connection string, for clients; `""` where the address is not known. */
  get url(): string {
    return this.#url;
  }

  /** The address that is listened at, `HOST:PORT` or a path; `""` where the system does not tell. */
  get address(): string {
    return this.#address;
  }

  /** The acceptor that takes connections, by its number. */
  get acceptor(): number | undefined {
    return this.#current?.number;
  }

  /** Tells the program of an acceptor anything that JSON has, where it is still there: its `onMessage`. */
  tell(acceptor: number, message: unknown): void {
    for (const generation of this.#generations) {
      if (generation.number === acceptor) generation.tell(message);
    }
  }

  /** Ends all processes at once. Their connections break off. */
  kill(): void {
    this.#isClosing = true;
    clearTimeout(this.#retry);
    for (const generation of this.#generations) generation.kill();
  }

  /** The processes that take connections; those of workers by their slots. */
  get pids(): Generation["pids"] {
    return this.#current?.pids ?? { acceptor: undefined, workers: [] };
  }

  /**
   * Starts a new acceptor, which reads its keys anew, and new workers. Once they are there the old ones take no more
   * connections, serve those that they have, to their end, and end themselves. Where the new ones do not come up the old
   * ones go on. Only connections of workers whose acceptor has died end then, with `going_away`: there is nobody who would
   * end them when their keys are taken out of the authorized keys.
   *
   * @param options `listen` is another place from then on
   */
  async reload({ listen }: { readonly listen?: ClusterPlace } = {}): Promise<void> {
    await this.#renew(listen);
    for (const generation of this.#generations) {
      if (generation.isOrphaned) generation.stop();
    }
  }

  async #renew(listen?: ClusterPlace): Promise<void> {
    this.#requireOpen();
    const place = listen === undefined ? this.#place : await bindPlace(listen);
    if (place !== this.#place && this.#isClosing) place.close();
    this.#requireOpen();
    const generation = new Generation(this.#options, place);
    this.#generations.add(generation);
    this.#options.observe({
      type: "acceptorStarted",
      acceptor: generation.number,
      pid: generation.pids.acceptor,
    });
    void generation.ended.then(() => this.#generations.delete(generation));
    try {
      ({ url: this.#url, address: this.#address } = await generation.ready);
    } catch (error) {
      generation.kill();
      await generation.ended;
      if (place !== this.#place || this.#current === undefined) place.close();
      throw error;
    }
    const old = this.#current;
    this.#current = generation;
    this.#wait = backoff.first;
    generation.onAcceptorLost = () => this.#replace(generation);
    old?.retire(false);
    this.#options.observe({ type: "acceptorReady", acceptor: generation.number });
    if (place === this.#place) return;
    this.#place.close();
    this.#place = place;
  }

  /**
   * Takes no more connections, and leaves those that are open `grace` milliseconds to come to their end; then they end with
   * `going_away`. Resolves when the last process has ended.
   */
  async close({ grace = 5_000 }: { readonly grace?: number } = {}): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#retry);
    this.#place.close(); // Or clients could still connect, and wait for nobody.
    const all = [...this.#generations];
    for (const generation of all) generation.retire(true);
    const each = (call: (generation: Generation) => void) => () => all.forEach(call);
    const timers = [
      setTimeout(
        each((generation) => generation.stop()),
        grace,
      ),
      setTimeout(
        each((generation) => generation.kill()),
        grace + lastWords,
      ),
    ];
    await Promise.all(all.map(({ ended }) => ended));
    for (const timer of timers) clearTimeout(timer);
  }

  #requireOpen(): void {
    if (this.#isClosing) throw new UsageError("the cluster is being closed");
  }

  /** The acceptor of a generation is gone: its workers serve what they have, and others come. */
  #replace(lost: Generation): void {
    if (this.#isClosing || lost !== this.#current) return;
    this.#retry = setTimeout(() => {
      this.#wait = Math.min(2 * this.#wait, backoff.last);
      this.#renew().catch((error: Error) => {
        this.#options.observe({ type: "error", words: error.message });
        this.#replace(lost);
      });
    }, this.#wait);
  }
}
