/**
 * What comes back from a worker: eight bytes each, of which a worker that is taken over can make nothing else. The first is
 * what is said (TR-041), then three zeros, then the number of the connection.
 */
export const creditTypes = {
  Ack: 3,
  Refuse: 4,
  Done: 5,
  Ready: 6,
  /** A number of the report that the next `Report` or `Done` is of: it stands where others have a connection's. */
  Count: 16,
  /** A report of a connection that goes on. */
  Report: 17,
} as const;
export type CreditType = keyof typeof creditTypes;

export const creditLength = 8;
/** The most numbers of a report. */
export const maxCounts = 16;
const nameOf = new Map(
  Object.entries(creditTypes).map(([name, type]) => [type as number, name as CreditType]),
);

export function credit(type: CreditType, id: number): Uint8Array {
  const bytes = new Uint8Array(creditLength);
  bytes[0] = creditTypes[type];
  new DataView(bytes.buffer).setUint32(4, id);
  return bytes;
}

/** Reads credits byte by byte: the first that can't be there is a fault, and nothing is read any more. */
export class CreditReader {
  readonly #record = new Uint8Array(creditLength);
  #filled = 0;
  #isFaulty = false;

  /**
   * @param take `false` for a credit that nobody owes, which is a fault too
   * @returns whether all was as it has to be
   */
  read(bytes: Uint8Array, take: (type: CreditType, id: number) => boolean): boolean {
    for (const byte of bytes) {
      if (this.#isFaulty) return false;
      const at = this.#filled;
      this.#record[at] = byte;
      this.#filled = (at + 1) % creditLength;
      if (at === 0) this.#isFaulty = !nameOf.has(byte);
      else if (at < 4) this.#isFaulty = byte !== 0;
      else if (at === creditLength - 1) this.#isFaulty = !take(this.#type, this.#id);
    }
    return !this.#isFaulty;
  }

  get #type(): CreditType {
    return nameOf.get(this.#record[0] as number) as CreditType;
  }

  get #id(): number {
    return new DataView(this.#record.buffer).getUint32(4);
  }
}
