import { fc } from "@fast-check/vitest";
import type { Role } from "../../src/protocol/index.ts";
import { joined } from "../model/pair.ts";

/** What an attacker on the wire does to one message or record of one direction. */
export interface Disturbance {
  readonly from: Role;
  /** Which one, from 0: handshake messages, then records. */
  readonly unit: number;
  readonly how:
    | { readonly kind: "drop" | "repeat" | "swap" | "splice" | "splice before" | "reflect" | "go on from" }
    | { readonly kind: "flip"; readonly bit: number }
    | { readonly kind: "insert"; readonly bytes: Uint8Array }
    | { readonly kind: "cut"; readonly at: number }
    | { readonly kind: "take out"; readonly at: number; readonly length: number };
}

const kinds = ["drop", "repeat", "swap", "splice", "splice before", "reflect", "go on from"] as const;

const how: fc.Arbitrary<Disturbance["how"]> = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(...kinds).map((kind) => ({ kind })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("flip" as const), bit: fc.nat({ max: 7_999 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("insert" as const),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), at: fc.nat({ max: 999 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("take out" as const),
      at: fc.nat({ max: 999 }),
      length: fc.integer({ min: 1, max: 40 }),
    }),
  },
);

export const disturbances: fc.Arbitrary<Disturbance> = fc.record({
  from: fc.constantFrom<Role>("client", "server"),
  unit: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 12 })),
  how,
});

const handshakeLengths = { client: [88, 96], server: [98] } as const;

/** Cuts one direction's bytes into handshake messages and records. */
export function unitsOf(from: Role, bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length =
      handshakeLengths[from][units.length] ?? 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    units.push(bytes.slice(at, at + length));
    at += length;
  }
  return units;
}

/** What others have said, for an attacker to make use of: by role, unit by unit. */
export type Recorded = Readonly<Record<Role, readonly Uint8Array[]>>;

/** One direction under attack: takes what was sent, unit by unit, and gives what arrives. */
export class HostileDirection {
  /** All that was sent, and all that arrived. */
  readonly sent: Uint8Array[] = [];
  readonly arrived: Uint8Array[] = [];
  readonly #from: Role;
  readonly #disturbances: readonly Disturbance[];
  readonly #other: Recorded;
  readonly #own: Recorded;
  #held: Uint8Array | undefined;
  #cut = false;
  #goneOver = false;

  /**
   * @param other another session of the same two ends
   * @param own what has been sent in this one, both ways, as it grows
   */
  constructor(from: Role, disturbances: readonly Disturbance[], other: Recorded, own: Recorded) {
    this.#from = from;
    this.#disturbances = disturbances.filter((disturbance) => disturbance.from === from);
    this.#other = other;
    this.#own = own;
  }

  /** What arrives in the place of these bytes. */
  pass(bytes: Uint8Array): Uint8Array {
    const already = this.sent.length;
    const before = joined(this.sent);
    const units = unitsOf(this.#from, joined([before, bytes])).slice(already);
    const result = units.map((unit) => {
      const index = this.sent.length;
      this.sent.push(unit);
      const passed = this.#cut ? new Uint8Array(0) : this.#disturb(unit, index);
      this.arrived.push(passed);
      return passed;
    });
    return joined(result);
  }

  #disturb(unit: Uint8Array, index: number): Uint8Array {
    const held = this.#held;
    this.#held = undefined;
    const spliced = this.#other[this.#from][index];
    let result: Uint8Array = this.#goneOver && spliced !== undefined ? spliced : unit;
    for (const { unit: at, how } of this.#disturbances) {
      if (at === index) result = this.#apply(how, result, index);
    }
    return held === undefined ? result : joined([result, held]);
  }

  #apply(how: Disturbance["how"], unit: Uint8Array, index: number): Uint8Array {
    const others = this.#other[this.#from][index] ?? new Uint8Array(0);
    switch (how.kind) {
      case "drop":
        return new Uint8Array(0);
      case "repeat":
        return joined([unit, unit]);
      case "swap":
        this.#held = unit;
        return new Uint8Array(0);
      case "splice":
        return others;
      case "splice before":
        return joined([others, unit]);
      case "reflect": {
        const back = this.#own[this.#from === "client" ? "server" : "client"];
        return back[index] ?? back.at(-1) ?? new Uint8Array(0);
      }
      case "go on from":
        this.#goneOver = true;
        return others;
      case "flip": {
        const bit = unit.length === 0 ? 0 : how.bit % (8 * unit.length);
        return unit.length === 0 ? unit : unit.with(bit >> 3, (unit[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      }
      case "insert":
        return joined([how.bytes, unit]);
      case "cut":
        this.#cut = true;
        return unit.slice(0, how.at % Math.max(1, unit.length));
      case "take out": {
        const at = how.at % Math.max(1, unit.length);
        return joined([unit.slice(0, at), unit.slice(at + how.length)]);
      }
    }
  }
}
