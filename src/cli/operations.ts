import { type Observe, observers } from "../tunnel/observer.ts";
import type { Operable } from "../tunnel/operable.ts";
import { StatusSocket } from "../tunnel/status-socket.ts";
import { Tally } from "../tunnel/tally.ts";
import { CommandError, Interruption } from "./errors.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { Notifier } from "./notify.ts";
import { type OperationOptions, type OperationSettings, operationSettings } from "./operation-options.ts";
import { type Role, statusPage } from "./status-page.ts";
import type { EndingSignal, Surroundings } from "./surroundings.ts";
import { logTunnel } from "./tunnel-log.ts";

/** What an end of a tunnel is run with. */
export interface OperationsContext {
  readonly role: Role;
  readonly version: string;
  readonly surroundings: Surroundings;
  readonly interrupts: Interrupts;
  readonly log: Log;
}

/**
 * Runs an end of a tunnel as a service: log, metrics, `hawser status`, signals and the service manager. SIGHUP reads keys
 * anew; the first SIGTERM or SIGINT takes no more connections and gives those that are open their time; a second ends at
 * once.
 */
export class Operations {
  /** To be told of all that the tunnel tells. */
  readonly observe: Observe;
  readonly #settings: OperationSettings;
  readonly #context: OperationsContext;
  readonly #tally = new Tally();
  readonly #started = Date.now();
  readonly #notifier: Notifier;
  #metrics: Metrics | undefined;
  #status: StatusSocket | undefined;
  #tunnel: Operable | undefined;
  /** The reload under way, and whether one more was asked for. */
  #reloading: Promise<void> | undefined;
  #isReloadDue = false;
  #isUp = false;
  #isEnding = false;
  readonly #onHangup = () => this.#reload();
  readonly #connections = () => this.#tunnel?.status() ?? [];

  /** @throws CommandError ERR_HAWSER_USAGE for options that make no sense */
  constructor(options: OperationOptions, context: OperationsContext) {
    this.#settings = operationSettings(options);
    this.#context = context;
    context.log.level = this.#settings.level;
    this.#notifier = new Notifier(context.surroundings.env, context.log);
    this.observe = observers(this.#tally.observe, logTunnel(context.log, context.role), (event) =>
      this.#metrics?.observe(event),
    );
  }

  /**
   * Runs a tunnel, until a signal ends it and all connections are closed. From its start on SIGHUP asks for a reload, and
   * ends nothing.
   *
   * @param start resolves once it listens. What it is seen by is there before it is
   * @throws Interruption where that was SIGINT; CommandError ERR_HAWSER_LISTEN for metrics and status; what `start` throws
   */
  async run(start: () => Promise<Operable>): Promise<void> {
    const { surroundings, interrupts, log } = this.#context;
    surroundings.signals.on("SIGHUP", this.#onHangup);
    interrupts.release("SIGHUP");
    try {
      await this.#openStatus();
      const url = await this.#openMetrics();
      this.#tunnel = await start();
      // Behind the tunnel's own, which is the first that is said.
      if (url !== undefined) log.info({ event: "metrics", words: `Metrics are at ${url}`, fields: { url } });
      const signal = await this.#untilSignal();
      await this.#reloading;
      await this.#close(this.#tunnel);
      if (signal === "SIGINT") throw new Interruption(signal);
    } catch (error) {
      if (!this.#tally.isClosing) await this.#tunnel?.close({ grace: 0 });
      throw error;
    } finally {
      await Promise.all([this.#status?.close(), this.#metrics?.close()]);
      surroundings.signals.off("SIGHUP", this.#onHangup);
    }
  }

  async #openStatus(): Promise<void> {
    const { statusPath } = this.#settings;
    if (statusPath === undefined) return;
    const { role, version } = this.#context;
    const page = () => statusPage({ role, version, started: this.#started }, this.#tally, this.#connections);
    this.#status = new StatusSocket(statusPath, page);
    await this.#status.listen().catch((cause) => {
      const words = `The socket for hawser status can't be made: ${cause.message}.`;
      throw new CommandError("ERR_HAWSER_LISTEN", words, { cause });
    });
  }

  /** Where they are. What they need is loaded only where they are asked for. */
  async #openMetrics(): Promise<string | undefined> {
    const { metrics } = this.#settings;
    if (metrics === undefined) return undefined;
    const { openMetrics } = await import("./metrics.ts");
    this.#metrics = await openMetrics(metrics, this.#connections);
    return this.#metrics.listen();
  }

  async #close(tunnel: Operable): Promise<void> {
    const { grace } = this.#settings;
    const stopping = `Stopping: ${tunnel.status().length} connections have ${grace / 1_000} s to end.`;
    void this.#notifier.stopping(stopping);
    await tunnel.close({ grace });
  }

  /** The signal that asks for the end. From then on another one ends at once, but for SIGHUP, which does nothing more. */
  async #untilSignal(): Promise<EndingSignal> {
    const { surroundings, interrupts } = this.#context;
    const { signals } = surroundings;
    const { reason } = interrupts.signal;
    if (reason instanceof Interruption) return reason.signal;
    const ended = new Promise<EndingSignal>((resolve) => {
      const listeners = (["SIGTERM", "SIGINT"] as const).map((signal) => {
        const listener = () => {
          for (const [name, each] of listeners) signals.off(name, each);
          this.#isEnding = true;
          resolve(signal);
        };
        signals.on(signal, listener);
        return [signal, listener] as const;
      });
    });
    interrupts.release();
    void this.#notifier.ready(this.#words());
    this.#isUp = true;
    if (this.#isReloadDue) this.#reload();
    return ended;
  }

  /** One at a time; of those asked for meanwhile, or before the tunnel is up, one more. */
  #reload(): void {
    this.#isReloadDue = !this.#isUp || this.#reloading !== undefined;
    if (this.#isReloadDue || this.#isEnding) return;
    this.#reloading = this.#reloadNow().finally(() => {
      this.#reloading = undefined;
      if (this.#isReloadDue) this.#reload();
    });
  }

  async #reloadNow(): Promise<void> {
    void this.#notifier.reloading();
    await this.#tunnel?.reload();
    void this.#notifier.ready(this.#words());
  }

  #words(): string {
    const { url, address, lastReload } = this.#tally;
    const place = `Listening: ${url ?? address ?? ""}`;
    if (lastReload?.failure === undefined) return place;
    return `${place} (the last reload failed, and what was before holds: ${lastReload.failure.code})`;
  }
}
