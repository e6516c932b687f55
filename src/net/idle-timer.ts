import { UsageError } from "../protocol/usage-error.ts";
import { longestTimeout } from "./alarm.ts";

/** What a socket's `setTimeout` sets: it goes off after so long without data, and keeps no process alive. */
export class IdleTimer {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #milliseconds = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** `undefined` while it is off. */
  get milliseconds(): number | undefined {
    return this.#milliseconds === 0 ? undefined : this.#milliseconds;
  }

  /**
   * 0 for never.
   *
   * @throws UsageError for what is no time
   */
  set(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || milliseconds < 0)
      throw new UsageError("a time-out is a number of milliseconds, 0 for never");
    this.clear();
    this.#milliseconds = milliseconds;
    if (milliseconds > 0)
      this.#timer = setTimeout(this.#ring, Math.min(milliseconds, longestTimeout)).unref();
  }

  /** There was data: the time begins anew. */
  refresh(): void {
    this.#timer?.refresh();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
