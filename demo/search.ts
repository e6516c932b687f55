/** A run of 15 bytes of the file holds a whole one of its pieces of 8, wherever it begins. */
const pieceBytes = 8;
export const longestUnseen = 2 * pieceBytes - 2;

/**
 * The pieces of a file, 8 bytes each, sought at every position of a recording: so nothing of 15 bytes or more of the
 * file can be in it unseen. In 64 MB of noise one of the pieces turns up by chance once in 30,000 times.
 */
export class Pieces {
  readonly #words: Int32Array;
  /** Open addressing, by hash: the number of a piece plus one, 0 where there is none. */
  readonly #table: Int32Array;
  readonly #shift: number;
  /** A bit for each hash of a piece, as a first question: nearly all positions of noise end here. */
  readonly #filter: Uint8Array;
  readonly #filterShift: number;

  constructor(file: Uint8Array) {
    const pieces = Math.floor(file.length / pieceBytes);
    this.#words = new Int32Array(pieces * 2);
    new Uint8Array(this.#words.buffer).set(file.subarray(0, pieces * pieceBytes));
    const bits = Math.ceil(Math.log2(pieces + 1)) + 1;
    this.#shift = 32 - bits;
    this.#table = new Int32Array(2 ** bits);
    let different = 0;
    for (let piece = 0; piece < pieces; piece++) if (this.#add(piece)) different++;
    const filterBits = Math.min(32, Math.ceil(Math.log2(different + 1)) + 4);
    this.#filterShift = 32 - filterBits;
    this.#filter = new Uint8Array(2 ** (filterBits - 3));
    for (const number of this.#table) if (number !== 0) this.#mark(number - 1);
  }

  /** Where the first piece is in a recording; `undefined` where there is none. */
  find(recording: Uint8Array): number | undefined {
    const filter = this.#filter;
    const shift = this.#filterShift;
    let low = 0;
    let high = 0;
    for (let i = 0; i < recording.length; i++) {
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) | ((recording[i] as number) << 24);
      const hash = hashOf(low, high);
      const bit = hash >>> shift;
      if (((filter[bit >>> 3] as number) & (1 << (bit & 7))) === 0 || i < pieceBytes - 1) continue;
      if (this.#table[this.#slot(hash, low, high)] !== 0) return i - (pieceBytes - 1);
    }
    return undefined;
  }

  /** Whether it is the first of its kind. */
  #add(piece: number): boolean {
    const low = this.#words[2 * piece] as number;
    const high = this.#words[2 * piece + 1] as number;
    const slot = this.#slot(hashOf(low, high), low, high);
    if (this.#table[slot] !== 0) return false;
    this.#table[slot] = piece + 1;
    return true;
  }

  #mark(piece: number): void {
    const bit =
      hashOf(this.#words[2 * piece] as number, this.#words[2 * piece + 1] as number) >>> this.#filterShift;
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] as number) | (1 << (bit & 7));
  }

  /** The slot that has this piece, or the empty one that it would be put into. */
  #slot(hash: number, low: number, high: number): number {
    const mask = this.#table.length - 1;
    for (let slot = hash >>> this.#shift; ; slot = (slot + 1) & mask) {
      const piece = (this.#table[slot] as number) - 1;
      if (piece === -1) return slot;
      if (this.#words[2 * piece] === low && this.#words[2 * piece + 1] === high) return slot;
    }
  }
}

/** 32 bits whose upper ones are the best mixed. */
function hashOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 0;
}

/** A key, in each of the forms that it might be seen in. */
export interface SoughtKey {
  readonly name: string;
  readonly forms: readonly Buffer[];
}

/** @param text as Hawser writes it, `hawser1…` or `HAWSER-SECRET-KEY-1…` */
export function soughtKey(name: string, key: Uint8Array, text: string): SoughtKey {
  return { name, forms: formsOf(key, text) };
}

export const formNames = "bytes, text, hex or base64";

function formsOf(key: Uint8Array, text: string): Buffer[] {
  const bytes = Buffer.from(key);
  const hexadecimal = bytes.toString("hex");
  // 43 characters and a "=": the last character is left out too, as it holds bits of what follows in a longer text.
  const base64 = ["base64", "base64url"].map((encoding) =>
    bytes.toString(encoding as BufferEncoding).slice(0, 42),
  );
  const texts = new Set([text, hexadecimal, hexadecimal.toUpperCase(), ...base64]);
  return [bytes, ...[...texts].map((form) => Buffer.from(form))];
}

/** How many of a key's forms are in the recordings. */
export function formsFound(key: SoughtKey, recordings: readonly Buffer[]): number {
  return key.forms.filter((form) => recordings.some((recording) => recording.includes(form))).length;
}
