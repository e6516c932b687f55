/** How many things may be done: so many in a second, and after a quiet second that many at once (a token bucket). */
export class Allowance {
  readonly #rate: number;
  #left: number;
  #at: number;

  /**
   * @param rate in a second, above 0
   * @param now milliseconds
   */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#left = Math.max(1, rate);
    this.#at = now;
  }

  /** Milliseconds until one more may be done, 0 for at once. */
  wait(now: number): number {
    this.#left = Math.min(Math.max(1, this.#rate), this.#left + ((now - this.#at) * this.#rate) / 1_000);
    this.#at = now;
    // A little less than one is one: what is added up in fractions never quite gets there.
    return this.#left >= 1 - 1e-9 ? 0 : ((1 - this.#left) * 1_000) / this.#rate;
  }

  /** One is done, as {@link wait} allowed. */
  take(): void {
    this.#left -= 1;
  }
}
