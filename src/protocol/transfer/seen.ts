import type { BlobName } from "./blob.ts";

/** How many exporters are kept in mind, and for each how far back. 2 KiB each: 2 MiB at the most. */
export const maxExporters = 1_024;
export const serialWindow = 16_384;

/** What is known of a blob: that it is new here, that it was here, or that it can't be told. */
export type Sighting = "fresh" | "imported" | "stale" | "exporters";

/**
 * The blobs that were imported, in memory that does not grow with their number (TR-030 to TR-032): of each exporter the
 * last serials, a bit each, in the manner of IPsec's window against replays (RFC 4303 §3.4.3). What is older than the
 * window counts as seen, and an exporter more than there is room for is refused rather than another forgotten.
 */
export class SeenBlobs {
  readonly #windows = new Map<string, SerialWindow>();
  readonly #maxExporters: number;

  /** @param exporters how many there may be: 1 for a link over which a single process gives what it has (TR-036) */
  constructor(exporters: number = maxExporters) {
    this.#maxExporters = exporters;
  }

  /** Takes note of a blob: whether it may be imported. */
  claim({ origin, serial }: BlobName): Sighting {
    const key = String.fromCharCode(...origin);
    let window = this.#windows.get(key);
    if (window === undefined) {
      if (this.#windows.size >= this.#maxExporters) return "exporters";
      window = new SerialWindow();
      this.#windows.set(key, window);
    }
    return window.claim(serial);
  }
}

class SerialWindow {
  readonly #bits = new Uint8Array(serialWindow / 8);
  #next = 0n;

  claim(serial: bigint): Sighting {
    if (serial + BigInt(serialWindow) < this.#next) return "stale";
    if (serial >= this.#next) this.#moveTo(serial);
    else if (this.#isSet(serial)) return "imported";
    this.#set(serial, true);
    return "fresh";
  }

  /** Makes a serial the newest: the bits between the last one and it were those of serials now too old. */
  #moveTo(serial: bigint): void {
    if (serial - this.#next >= BigInt(serialWindow)) this.#bits.fill(0);
    else for (let old = this.#next; old < serial; old++) this.#set(old, false);
    this.#next = serial + 1n;
  }

  #isSet(serial: bigint): boolean {
    const at = Number(serial % BigInt(serialWindow));
    return ((this.#bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  #set(serial: bigint, value: boolean): void {
    const at = Number(serial % BigInt(serialWindow));
    const bit = 1 << (at & 7);
    const byte = this.#bits[at >> 3] ?? 0;
    this.#bits[at >> 3] = value ? byte | bit : byte & ~bit;
  }
}
