import { performance } from "node:perf_hooks";

/** The longest time that Node's timers know, in milliseconds. */
export const longestTimeout = 2 ** 31 - 1;

/**
 * One timer that is set anew all the time, on `performance.now()`. A later time costs nothing: the timer goes off when
 * it was to, and is then set for the rest.
 *
 * What the poll phase has ready is handed out before the alarm goes off, so that a process that was busy for long does
 * not take its own silence for the peer's.
 */
export class Alarm {
  readonly #ring: () => void;
  #at: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  #check: NodeJS.Immediate | undefined;
  #isRef = true;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#at !== undefined;
  }

  /** Goes off at that time, once; never for `undefined`. */
  set(at: number | undefined): void {
    this.#at = at;
    if (at === undefined) {
      if (this.#timer === undefined && this.#check === undefined) return;
      clearTimeout(this.#timer);
      clearImmediate(this.#check);
      this.#timer = undefined;
      this.#check = undefined;
    } else if (this.#check === undefined && (this.#timer === undefined || at < this.#timerAt)) {
      this.#start(at);
    }
  }

  set isRef(isRef: boolean) {
    this.#isRef = isRef;
    if (isRef) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #start(at: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const wait = Math.min(longestTimeout, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => this.#goOff(), wait);
    if (!this.#isRef) this.#timer.unref();
  }

  #goOff(): void {
    this.#timer = undefined;
    this.#check = setImmediate(() => {
      this.#check = undefined;
      const at = this.#at;
      if (at === undefined) return;
      if (performance.now() < at) {
        this.#start(at);
        return;
      }
      this.#at = undefined;
      this.#ring();
    });
  }
}
