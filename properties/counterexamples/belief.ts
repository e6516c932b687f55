/**
 * Who an end takes its peer for, against an attacker who owns the network: it delivers messages made field by field of
 * whatever it knows and has seen, to whom it likes. An end that believes must have had its conversation with an honest
 * end of the other role (matching conversations: Bellare and Rogaway, CRYPTO '93, §4).
 */
import { fc } from "@fast-check/vitest";
import { concat, equal, zeros } from "../reference/primitives.ts";
import type { Broken } from "./claims.ts";
import type { Design, End, Field } from "./design.ts";

export type Name = "the client" | "server sam" | "server tom";
const names = ["the client", "server sam", "server tom"] as const satisfies Name[];

/** One message of the attacker's: to whom, and for each field which of the things it has of that length. */
export interface Move {
  readonly to: number;
  readonly picks: readonly number[];
}

export const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    to: fc.nat({ max: names.length - 1 }),
    picks: fc.array(fc.nat({ max: 7 }), { minLength: 3, maxLength: 3 }),
  }),
  { maxLength: 6 },
);

interface Piece {
  readonly name: string;
  readonly bytes: Uint8Array;
}

class Honest {
  readonly name: Name;
  readonly end: End;
  readonly role: "client" | "server";
  readonly #design: Design;
  /** How many messages it has been given, and has given. */
  #received = 0;
  #sent = 0;
  heard: Uint8Array = zeros(0);
  said: Uint8Array = zeros(0);

  constructor(design: Design, name: Name) {
    this.#design = design;
    this.name = name;
    this.role = name === "the client" ? "client" : "server";
    this.end = name === "the client" ? design.client() : design.server(name === "server sam" ? "sam" : "tom");
  }

  get awaits(): readonly Field[] | undefined {
    return this.#design.awaits[this.role][this.#received];
  }

  receive(bytes: Uint8Array): void {
    this.#received++;
    this.heard = concat(this.heard, bytes);
    this.end.receive(bytes);
  }

  /** What it says now, cut into fields. */
  speak(): Piece[] {
    const bytes = this.end.take();
    this.said = concat(this.said, bytes);
    const pieces: Piece[] = [];
    let at = 0;
    while (at < bytes.length) {
      const fields = this.#design.awaits[this.role === "client" ? "server" : "client"][this.#sent++] ?? [];
      for (const [field, length] of fields) {
        pieces.push({ name: `${field} of ${this.name}`, bytes: bytes.slice(at, at + length) });
        at += length;
      }
      if (fields.length === 0) break;
    }
    return pieces;
  }
}

/** Lets the attacker move, and says how it went where `who` believes what is not so. */
export function belief(design: Design, moves: readonly Move[], who: Name): Broken {
  const cast = names.map((name) => new Honest(design, name));
  const pool: Piece[] = design.known.map(([name, bytes]) => ({ name, bytes }));
  const trace: string[] = [];
  const listen = (): void => {
    for (const one of cast) pool.push(...one.speak());
  };
  listen();
  for (const { to, picks } of moves) {
    const target = cast[to] as Honest;
    const fields = target.awaits;
    if (fields === undefined || target.end.failed) continue;
    const pieces = fields.map(([, length], i) => {
      const fitting = pool.filter(({ bytes }) => bytes.length === length);
      return fitting[(picks[i] ?? 0) % fitting.length];
    });
    if (pieces.some((piece) => piece === undefined)) continue;
    target.receive(concat(...pieces.map((piece) => (piece as Piece).bytes)));
    trace.push(`${target.name} gets: ${pieces.map((piece) => piece?.name).join(" | ")}`);
    const believed = cast.find((one) => one.name === who && one.end.believes);
    listen();
    if (believed !== undefined) {
      if (cast.some((peer) => converses(believed, peer))) return undefined;
      return [...trace, `${who} believes, and nobody has had this conversation with it`];
    }
  }
  return undefined;
}

const begins = (a: Uint8Array, b: Uint8Array): boolean => {
  const length = Math.min(a.length, b.length);
  return equal(a.slice(0, length), b.slice(0, length));
};

/** Whether `peer` is of the other role, said all that `one` heard, and heard nothing that `one` did not say. */
function converses(one: Honest, peer: Honest): boolean {
  if (peer.role === one.role || (one.name === "the client" && peer.name !== "server sam")) return false;
  return equal(one.heard, peer.said.slice(0, one.heard.length)) && begins(peer.heard, one.said);
}
