import { Interruption } from "./errors.ts";
import type { EndingSignal, SignalSource } from "./surroundings.ts";

const endingSignals: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Turns signals into an AbortSignal, so that the other end can be told of the first. */
export class Interrupts {
  readonly #source: SignalSource;
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [EndingSignal, () => void])[];

  constructor(source: SignalSource) {
    this.#source = source;
    this.#listeners = endingSignals.map((signal) => [signal, () => this.#interrupt(signal)]);
    for (const [signal, listener] of this.#listeners) source.on(signal, listener);
  }

  /** Aborted by the first signal, with an {@link Interruption} as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on a signal does what it does by itself: all of them, or one. */
  release(only?: EndingSignal): void {
    for (const [signal, listener] of this.#listeners) {
      if (only === undefined || signal === only) this.#source.off(signal, listener);
    }
  }

  #interrupt(signal: EndingSignal): void {
    this.release();
    this.#controller.abort(new Interruption(signal));
  }
}
