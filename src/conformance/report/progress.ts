import type { Result } from "../run/lane.ts";
import { plainText } from "./escape.ts";

/** Where progress is shown. */
export interface ProgressPlace {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Tells how far a run is: on a terminal one line that is written over, elsewhere a line for each failure and each tenth of
 * the way.
 */
export class Progress {
  readonly #place: ProgressPlace;
  readonly #total: number;
  #failed = 0;
  #tenths = 0;

  constructor(place: ProgressPlace, total: number) {
    this.#place = place;
    this.#total = total;
  }

  result({ case: { id }, outcome, faults }: Result, done: number): void {
    const isFailed = outcome === "failed";
    if (isFailed) this.#failed++;
    const { isTTY, columns = 80 } = this.#place;
    const state = `${done}/${this.#total}, ${this.#failed} failed`;
    if (isFailed) {
      const [fault] = faults;
      this.#clear();
      this.#place.write(
        plainText(`failed ${id}: expected ${fault?.expected}, got ${fault?.got}`).slice(0, 300),
      );
      this.#place.write("\n");
    }
    if (isTTY === true) {
      const line = `${state}  ${id}`.slice(0, columns - 1);
      this.#place.write(`\r\u001b[2K${line}`);
      return;
    }
    const tenths = Math.floor((10 * done) / this.#total);
    if (tenths > this.#tenths) {
      this.#tenths = tenths;
      this.#place.write(`${state}\n`);
    }
  }

  /** Leaves nothing behind on a terminal. */
  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#place.isTTY === true) this.#place.write("\r\u001b[2K");
  }
}
