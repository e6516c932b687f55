/**
 * What comes back from a worker: eight bytes each, of which a worker that is taken over can make nothing else. The first is
 * what is said (TR-041), then three zeros, then the number of the connection.
 */
export const creditTypes = {
  Ack: 3,
  Refuse: 4,
  Done: 5,
  /** It can be asked. */
  Ready: 6,
  /** It gives a connection to the worker whose number, its last 24 bits, is there instead of the zeros. */
  Pass: 9,
  /** It has nothing of a connection that another worker said to have given it. */
  Lost: 10,
  /** The worker of that number does not answer, or says what it can't have to say. */
  Doubt: 11,
  /** It was asked whether it is there. */
  Here: 12,
  /** A number of the report that the next `Report` or `Done` is of: it stands where others have a connection's. */
  Count: 16,
  /** A report of a connection that goes on. */
  Report: 17,
} as const;
export type CreditType = keyof typeof creditTypes;

/** What of a worker's number a credit has room for: it is of no other worker of that acceptor. */
export const shortNumber = (worker: number): number => worker & 0xff_ffff;

export const creditLength = 8;
/** The most numbers of a report. */
export const maxCounts = 16;
/** Whether a number can be one of a report's. */
export const isCount = (number: unknown): boolean =>
  Number.isInteger(number) && (number as number) >= 0 && (number as number) < 2 ** 32;
const nameOf = new Map(
  Object.entries(creditTypes).map(([name, type]) => [type as number, name as CreditType]),
);

/** @param to with `Pass`, the worker's number */
export function credit(type: CreditType, id: number, to = 0): Uint8Array {
  const bytes = new Uint8Array(creditLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, shortNumber(to));
  bytes[0] = creditTypes[type];
  view.setUint32(4, id);
  return bytes;
}

/** Reads credits byte by byte: the first that can't be there is a fault, and nothing is read any more. */
export class CreditReader {
  readonly #record = new Uint8Array(creditLength);
  #filled = 0;
  #isFaulty = false;

  /**
   * @param take `false` for a credit that nobody owes, which is a fault too; `to` is 0 but for `Pass`
   * @returns whether all was as it has to be
   */
  read(bytes: Uint8Array, take: (type: CreditType, id: number, to: number) => boolean): boolean {
    for (const byte of bytes) {
      if (this.#isFaulty) return false;
      const at = this.#filled;
      this.#record[at] = byte;
      this.#filled = (at + 1) % creditLength;
      if (at === 0) this.#isFaulty = !nameOf.has(byte);
      else if (at < 4) this.#isFaulty = byte !== 0 && this.#type !== "Pass";
      else if (at === creditLength - 1) this.#isFaulty = !take(this.#type, this.#id, this.#to);
    }
    return !this.#isFaulty;
  }

  get #type(): CreditType {
    return nameOf.get(this.#record[0] as number) as CreditType;
  }

  get #to(): number {
    return shortNumber(new DataView(this.#record.buffer).getUint32(0));
  }

  get #id(): number {
    return new DataView(this.#record.buffer).getUint32(4);
  }
}
