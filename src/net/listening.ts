import { once } from "node:events";
import { type ListenOptions, Server, type ServerOpts } from "node:net";
import { report } from "./diagnostics.ts";
import { takeOver } from "./unix-path.ts";

/** What a listener tells. */
export interface ListeningEvents {
  listening(): void;
  closed(): void;
  error(error: Error): void;
}

/**
 * A `net.Server` whose listening takes its time, as it waits for what the server needs, and for a path that a dead
 * server left behind. Of the calls of `start` and `stop` the last one holds, whatever is still under way.
 */
export class Listening {
  readonly net: Server;
  readonly #events: ListeningEvents;
  /** Counts those calls. */
  #turn = 0;
  #starting: Promise<void> = Promise.resolve();
  /** An error is that of listening. */
  #isBinding = false;

  constructor(options: ServerOpts, events: ListeningEvents) {
    this.net = new Server(options);
    this.#events = events;
    this.net.on("close", () => events.closed());
    this.net.on("error", (error) => {
      if (!this.#isBinding) events.error(error);
    });
  }

  /**
   * @param args of `net.Server`'s own `listen`, without a callback
   * @param path the unix socket's among them
   * @param prepare what comes first; where it fails there is no listening
   */
  start(args: unknown[], path: string | undefined, prepare: () => Promise<void>): void {
    const turn = ++this.#turn;
    this.#starting = this.#starting
      .then(prepare)
      .then(() => this.#listen(args, path, turn))
      .catch((error) => void process.nextTick(() => this.#events.error(error)));
  }

  /** Takes no more connections; calls back when the last is closed, and nothing is under way that would listen. */
  stop(callback: (error?: Error) => void): void {
    this.#turn++;
    this.net.close((error) => void this.#starting.then(() => callback(error)));
  }

  async #listen(args: unknown[], path: string | undefined, turn: number): Promise<void> {
    const bind = async () => {
      if (turn === this.#turn) await this.#bind(args);
    };
    try {
      await bind();
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (path === undefined || !isTaken || process.platform === "win32") throw error;
      if (!(await takeOver(path, bind))) throw error;
      if (turn === this.#turn) report("hawser:server:taken-over", () => ({ path }));
    }
    if (turn !== this.#turn) {
      await new Promise((done) => this.net.close(done));
      return;
    }
    process.nextTick(() => {
      if (turn === this.#turn) this.#events.listening();
    });
  }

  async #bind(args: unknown[]): Promise<void> {
    const { net } = this;
    this.#isBinding = true;
    try {
      const listening = once(net, "listening"); // Rejects with an 'error'.
      listening.catch(() => undefined);
      net.listen(...(args as [ListenOptions]));
      await listening;
    } finally {
      this.#isBinding = false;
    }
  }
}
