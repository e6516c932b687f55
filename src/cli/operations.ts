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
  #forgetSignals: () => void = () => undefined;
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
      const { role, version } = this.#context;
      const about = { role, version, started: this.#started };
      this.#status?.answer(() => statusPage(about, this.#tally, this.#connections));
      // Behind the tunnel's own, which is the first that is said.
      if (url !== undefined) log.info({ event: "metrics", words: `Metrics are at ${url}`, fields: { url } });
      const signal = await this.#untilSignal(this.#tunnel);
      await this.#reloading;
      await this.#close(this.#tunnel);
      if (signal === "SIGINT") throw new Interruption(signal);
    } catch (error) {
      if (!this.#tally.isClosing) await this.#tunnel?.close({ grace: 0 });
      throw error;
    } finally {
      await Promise.all([this.#status?.close(), this.#metrics?.close()]);
      surroundings.signals.off("SIGHUP", this.#onHangup);
      this.#forgetSignals();
    }
  }

  async #openStatus(): Promise<void> {
    const { statusPath } = this.#settings;
    if (statusPath === undefined) return;
    this.#status = new StatusSocket(statusPath);
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
  async #untilSignal(tunnel: Operable): Promise<EndingSignal> {
    const { interrupts } = this.#context;
    const { reason } = interrupts.signal;
    if (reason instanceof Interruption) {
      this.#awaitSecond(tunnel);
      return reason.signal;
    }
    const ended = new Promise<EndingSignal>((resolve) => {
      this.#atSignal((signal) => {
        this.#isEnding = true;
        this.#awaitSecond(tunnel);
        resolve(signal);
      });
    });
    interrupts.release();
    void this.#notifier.ready(this.#words());
    this.#isUp = true;
    if (this.#isReloadDue) this.#reload();
    return ended;
  }

  /** A second signal ends this process, by itself; where there are others, these first. */
  #awaitSecond(tunnel: Operable): void {
    if (tunnel.kill === undefined) return;
    this.#atSignal((signal) => {
      tunnel.kill?.();
      if (this.#context.surroundings.signals === process)
        process.nextTick(() => process.kill(process.pid, signal));
    });
  }

  /** Calls back at the next of the signals that end, which until then end nothing by themselves. */
  #atSignal(called: (signal: EndingSignal) => void): void {
    const { signals } = this.#context.surroundings;
    const listeners = (["SIGTERM", "SIGINT"] as const).map((signal) => {
      const listener = () => {
        called(signal);
        forget();
      };
      signals.on(signal, listener);
      return [signal, listener] as const;
    });
    const forget = () => {
      for (const [signal, listener] of listeners) signals.off(signal, listener);
    };
    this.#forgetSignals = forget;
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
