/** What can happen in a scene. */
import type { Hello } from "../properties/reference/messages.ts";
import type { Symmetric } from "../properties/reference/noise.ts";
import type { Check, Direction, TypeName } from "../properties/reference/record.ts";
import type { CallFields, Role, Vector } from "./vectors-format.ts";
import type { Alter } from "./vectors-setting.ts";

type Unplaced<T> = T extends unknown ? Omit<T, "kind" | "from"> : never;

export interface Scene {
  /** `forged`: the bytes that a hostile client sends in the place of a Hello. */
  hello(alter?: Alter, forged?: Uint8Array): void;
  hint(): void;
  challenge(how?: {
    secret?: Uint8Array;
    code?: number;
    alter?: Alter;
    forged?: (hello: Hello) => Uint8Array;
  }): void;
  response(alter?: Alter, forged?: (afterChallenge: Symmetric) => Uint8Array): void;
  verdict(type: TypeName, body?: Uint8Array, alter?: Alter): void;
  /** Any plaintext as the Verdict, as a hostile server could send it. */
  verdictOf(name: string, plaintext: Uint8Array, alter?: Alter): void;
  /** Hello, Challenge, Response and Accept, unaltered. */
  handshake(): void;
  /** `waited`: it comes of a call before it. */
  record(from: Role, type: TypeName, body?: Uint8Array | string, waited?: true): void;
  /** A Data record of `size` times the same byte, with a plaintext of this length. */
  filled(from: Role, size: number, how?: { plaintextLength?: number; waited?: true }): void;
  /** A record that its receiver must refuse, or one altered on its way. */
  hostile(from: Role, name: string, plaintext: Uint8Array, alter?: Alter): void;
  /** A Data record sealed with a key and nonce that are not those of its turn. */
  missealed(from: Role, direction: Direction): void;
  /** Bytes that are no message and no record. */
  raw(from: Role, bytes: Uint8Array): void;
  call(from: Role, call: Unplaced<CallFields>): void;
  reset(from: Role): void;
  /** Bytes in the place of a record that the sender did not seal: the last one once more. */
  replay(from: Role): void;
  repeat(from: Role, count: number): void;
  end(from: Role): void;
  /** An Alert without words, which the other end receives as the last thing. */
  alert(from: Role, code: number): void;
  /** `by` fails, because of the last step unless another one is named. */
  fails(
    by: Role,
    event: string,
    more?: { check?: Check; received?: number; words?: string; answer?: number | "hint"; step?: number },
  ): void;
  /** The middlebox passes on all that has come so far. */
  forwards(): void;
  exporting(label: string, context: Uint8Array, length: number): void;
  /** The Hello as it was made. */
  readonly helloBytes: Uint8Array;
  /** How many steps there are so far. */
  readonly length: number;
  readonly transport: Readonly<Record<Role, Direction>>;
  done(): Vector;
}
