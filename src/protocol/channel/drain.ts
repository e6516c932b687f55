/** What bounds the reading after the last word: a deadline, on the channel's clock, and a number of bytes. */
export class Drain {
  readonly #timeout: number;
  readonly #bytes: number;
  #deadline: number | undefined;
  #dropped = 0;

  /** @param timeout in milliseconds */
  constructor(timeout: number, bytes: number) {
    this.#timeout = timeout;
    this.#bytes = bytes;
  }

  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** Whether more may be read (ST-029). */
  get isReading(): boolean {
    return this.#dropped < this.#bytes;
  }

  /** The time begins to run, unless it does already. */
  begin(now: number): void {
    this.#deadline ??= now + this.#timeout;
  }

  drop(bytes: number): void {
    this.#dropped += bytes;
  }
}
