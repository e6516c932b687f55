/** Keys as text and in files, written from spec/keys.md alone: slowly, a step of the text a line. */
/** What was refused: the code of the table in keys.md, and the line where it stands in a file. */
export interface Fault {
  readonly error: string;
  readonly line?: number;
}

export type Kind = "public" | "secret";
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PARTS = { public: "hawser", secret: "hawser-secret-key-" } as const;

const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
export const mentionsSecret = (text: string): boolean => asciiLower(text).includes("hawser-secret-key");

/** BIP-173's checksum as polynomial arithmetic: 1 for a word whose checksum is right. */
function polymod(values: readonly number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generator.forEach((term, bit) => {
      if ((top >>> bit) & 1) sum ^= term;
    });
  }
  return sum;
}

const expanded = (part: string): number[] => [
  ...Array.from(part, (letter) => letter.charCodeAt(0) >> 5),
  0,
  ...Array.from(part, (letter) => letter.charCodeAt(0) & 31),
];

/** Five bits at a time, zeros at the end. */
function fives(bytes: Uint8Array): number[] {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.padEnd(Math.ceil(bits.length / 5) * 5, "0").match(/.{5}/g) ?? []).map((five) =>
    Number.parseInt(five, 2),
  );
}

function withChecksum(kind: Kind, words: readonly number[]): string {
  const rest = polymod([...expanded(PARTS[kind]), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const sum = [25, 20, 15, 10, 5, 0].map((shift) => (rest >>> shift) & 31);
  const text = `${PARTS[kind]}1${[...words, ...sum].map((word) => ALPHABET[word]).join("")}`;
  return kind === "secret" ? text.toUpperCase() : text;
}

export const writeKey = (kind: Kind, key: Uint8Array): string => withChecksum(kind, fives(key));

/** A text with a good checksum whose last four bits are not zero: KT-012. */
export function writeUnpadded(kind: Kind, key: Uint8Array): string {
  const words = fives(key);
  return withChecksum(kind, [...words.slice(0, -1), (words.at(-1) as number) | 1]);
}

/** KT-016, KT-014, KT-004 to KT-012, in this order. */
export function readKey(kind: Kind, text: string): Uint8Array | Fault {
  const begin = `${PARTS[kind]}1`;
  const lower = asciiLower(text);
  const is = (error: string): Fault => ({ error: `ERR_HAWSER_KEY_${error}` });
  if (kind === "public" && mentionsSecret(text)) return is("SECRET");
  if (kind === "secret" && !mentionsSecret(text) && lower.includes("hawser1")) return is("PUBLIC");
  if (text === "") return is("EMPTY");
  if (!/^[0-9A-Za-z]/.test(text) || !/[0-9A-Za-z]$/.test(text)) return is("SURROUNDED");
  if (/[\x09-\x0d ]/.test(text) || lower.indexOf(begin) > 0) return is("SURROUNDED");
  if (/[A-Z]/.test(text) && /[a-z]/.test(text)) return is("MIXED_CASE");
  if (!lower.startsWith(begin)) return is("PREFIX");
  const own = kind === "public" ? /[A-Z]/ : /[a-z]/;
  if (own.test(text)) return is("WRONG_CASE");
  const words = Array.from(lower.slice(begin.length), (letter) => ALPHABET.indexOf(letter));
  if (words.includes(-1)) return is("CHARACTER");
  if (words.length !== 58) return is("LENGTH");
  if (polymod([...expanded(PARTS[kind]), ...words]) !== 1) return is("CHECKSUM");
  const bits = words
    .slice(0, 52)
    .map((word) => word.toString(2).padStart(5, "0"))
    .join("");
  if (bits.slice(256) !== "0000") return is("PADDING");
  return Uint8Array.from(bits.slice(0, 256).match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}

/** KT-030, KT-031: the lines that say something, with their numbers. */
export function lines(bytes: Uint8Array): { number: number; text: string }[] | Fault {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { error: "ERR_HAWSER_KEY_FILE_ENCODING" };
  }
  return text
    .split("\n")
    .map((line, i) => ({
      number: i + 1,
      text: line
        .replace(/\r$/, "")
        .replace(/^[ \t]+/, "")
        .replace(/[ \t]+$/, ""),
    }))
    .filter(({ text: line }) => line !== "" && !line.startsWith("#"));
}

/** KT-033. */
export function readSecretKeyFile(bytes: Uint8Array): Uint8Array | Fault {
  const found = lines(bytes);
  if (!Array.isArray(found)) return found;
  const [first, second] = found;
  if (first === undefined) return { error: "ERR_HAWSER_KEY_FILE_NO_KEY" };
  const key = readKey("secret", first.text);
  if ("error" in key) return { ...key, line: first.number };
  return second === undefined ? key : { error: "ERR_HAWSER_KEY_FILE_TWO_KEYS", line: second.number };
}
