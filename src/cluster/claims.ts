import type { CreditType } from "./credits.ts";

/** What a worker said of a connection. */
export interface Said {
  readonly type: CreditType;
  /** With `Pass`, the short number of the worker that it is passed on to. */
  readonly to: number;
  /** What a `Report`, or a `Done`, is of. */
  readonly counts: readonly number[];
}

interface Claim {
  readonly said: Said[];
  timer: NodeJS.Timeout;
}

/** How many connections there may be of which only one side has spoken, and how much of each is kept. */
const maxClaims = 65_536;
const maxSaid = 16;
const mayFollow: ReadonlySet<CreditType> = new Set(["Report", "Pass", "Done"]);

/** How long a worker that was given a connection, and the one that gave it, may speak apart, in milliseconds. */
export const apartTimeout = 10_000;

/**
 * What a worker says of connections that are another's as far as the acceptor knows. The two speak over pipes of their own, so
 * the one that was given a connection may be heard before the one that gave it; and it may have been given, by a worker that is
 * taken over, what that one never had. So it is put off until the other has spoken (TR-059).
 */
export class Claims {
  readonly #claims = new Map<number, Claim>();
  readonly #expired: (id: number) => void;

  /** @param expired is told when the other has not spoken for {@link apartTimeout} */
  constructor(expired: (id: number) => void) {
    this.#expired = expired;
  }

  get size(): number {
    return this.#claims.size;
  }

  has(id: number): boolean {
    return this.#claims.has(id);
  }

  /** @returns whether a worker can have that to say */
  add(id: number, said: Said): boolean {
    const claim = this.#claims.get(id);
    if (claim === undefined) {
      if (said.type !== "Taken" || this.#claims.size >= maxClaims) return false;
      const timer = setTimeout(() => this.#expired(id), apartTimeout);
      this.#claims.set(id, { said: [said], timer });
      return true;
    }
    const isNext = this.isClaimed(id) ? mayFollow.has(said.type) : said.type === "Taken";
    if (!isNext || claim.said.length >= maxSaid) return isNext && said.type === "Report"; // The next will tell.
    claim.said.push(said);
    return true;
  }

  /** The first that was said of it, which is put off no longer. */
  shift(id: number): Said | undefined {
    const claim = this.#claims.get(id);
    const first = claim?.said.shift();
    if (claim?.said.length === 0) this.drop(id);
    return first;
  }

  /** Whether the worker says that it has it now. */
  isClaimed(id: number): boolean {
    const last = this.#claims.get(id)?.said.at(-1)?.type;
    return last === "Taken" || last === "Report";
  }

  drop(id: number): void {
    clearTimeout(this.#claims.get(id)?.timer);
    this.#claims.delete(id);
  }

  clear(): void {
    for (const id of [...this.#claims.keys()]) this.drop(id);
  }

  /** Goes on waiting, for something else. */
  wait(id: number, milliseconds: number, call: () => void): void {
    const claim = this.#claims.get(id);
    if (claim !== undefined) claim.timer = setTimeout(call, milliseconds);
  }
}
