/** TEST KEYS, a pair for each name of the model: long-term keys, and the ephemerals of ends and of the attacker. */
import { ascii, blake2b, publicOf } from "../reference/primitives.ts";
import { CODES } from "../reference/talk.ts";

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
}

export function keyPair(name: string): KeyPair {
  const secret = blake2b(ascii(`TEST KEY of the model: ${name}`)).slice(0, 32);
  return { secret, public: publicOf(secret) };
}

/** The same point in other bytes: X25519 ignores the highest bit (RFC 7748 §5). */
export function twin(key: Uint8Array): Uint8Array {
  return key.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte));
}

/** One string for each point, of whatever encoding made by {@link twin}. */
export const pointOf = (key: Uint8Array): string =>
  key.map((byte, i) => (i === 31 ? byte & 0x7f : byte)).join();

const camel = (name: string) => name.replace(/_./g, (pair) => (pair[1] ?? "").toUpperCase());
const numbers = new Map<string, number>([
  ["ok", 0],
  ...Object.entries(CODES).map(([name, code]) => [camel(name), code] as const),
]);

/** The number of a code, from its name in the model. */
export function codeOf(name: string): number {
  const code = numbers.get(name);
  if (code === undefined) throw new Error(`no code is named ${name}`);
  return code;
}

export function codeName(code: number): string {
  return [...numbers].find(([, number]) => number === code)?.[0] ?? String(code);
}
