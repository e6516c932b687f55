import {
  formatPublicKey,
  formatSecretKey,
  mentionsSecretKey,
  parsePublicKey,
  parseSecretKey,
} from "../src/keys/portable.ts";
import { bech32Alphabet, bech32Key, bech32Text } from "./support/bech32.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { Input } from "./support/input.ts";
import { keyResult } from "./support/key-errors.ts";

/** How the text is made: 0 as it stands, else with a right checksum; then the text, or whose kind, 5-bit words and a letter to change. */
export const lengths = { usual: 96, longest: 4_096 };

const kinds = ["hawser", "hawser-secret-key-", "HAWSER", "age"] as const;

function textFrom(input: Input): string {
  const how = input.u8();
  if (how % 2 === 0) return Buffer.from(input.rest()).toString(how % 4 === 0 ? "latin1" : "utf8");
  // Words of 5 bits under a checksum that is right, so that what comes after that check is reached too.
  const hrp = kinds[(how >> 1) & 3] ?? "hawser";
  const count = (how & 8) === 0 ? 52 : input.u8() % 64;
  const words = Array.from({ length: count }, () => input.u8() & 31);
  const letters = [...bech32Text(hrp.toLowerCase(), words)];
  // One letter may be another of the alphabet's, or any.
  if ((how & 32) !== 0) letters[input.u8() % letters.length] = bech32Alphabet[input.u8()] ?? "é";
  const text = letters.join("");
  return (how & 16) === 0 ? text : text.toUpperCase();
}

/**
 * A text is a key just when BIP-173, done by hand, says so; the key's text is that text; every other text ends in a
 * documented error that shows nothing of it.
 */
export function fuzz(data: Uint8Array): void {
  const text = textFrom(new Input(data));
  const ofPublic = keyResult(() => parsePublicKey(text));
  const ofSecret = keyResult(() => parseSecretKey(text));
  agree(ofPublic, bech32Key("hawser", text), text, formatPublicKey);
  // A secret key's text is in upper case, and never mixed.
  const lower = /[a-z]/.test(text) ? "" : text.toLowerCase();
  agree(ofSecret, bech32Key("hawser-secret-key-", lower), text, formatSecretKey);
  if (mentionsSecretKey(text)) {
    check(
      "error" in ofPublic && ofPublic.error.code === "ERR_HAWSER_KEY_SECRET",
      "a secret key goes unnoticed",
    );
  }
}

function agree(
  found: ReturnType<typeof keyResult<Uint8Array>>,
  expected: Uint8Array | undefined,
  text: string,
  print: (key: Uint8Array) => string,
): void {
  if ("error" in found) {
    check(expected === undefined, `a good key, refused by ${found.error.code}`);
    return;
  }
  check(expected !== undefined, "a key that is none");
  checkSameBytes(found.value, expected, "the key");
  check(print(found.value) === text, "the key has another text");
}
