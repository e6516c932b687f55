/** Bech32 once more, bit by bit as BIP-173 describes it and without a library: the judge of key texts. */
export const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if (((top >>> i) & 1) !== 0) sum ^= generator[i] as number;
  }
  return sum;
}

function expanded(hrp: string): number[] {
  const codes = [...hrp].map((letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** The text of 5-bit words under a human-readable part, with the checksum that belongs to them. */
export function bech32Text(hrp: string, words: readonly number[]): string {
  const sum = polymod([...expanded(hrp), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31);
  return `${hrp}1${[...words, ...checksum].map((word) => bech32Alphabet[word & 31]).join("")}`;
}

/** The 32 bytes of a key's text in lower case; `undefined` when it is none. */
export function bech32Key(hrp: string, text: string): Uint8Array | undefined {
  if (text.length !== hrp.length + 1 + 58 || !text.startsWith(`${hrp}1`)) return undefined;
  const words = [...text.slice(hrp.length + 1)].map((letter) => bech32Alphabet.indexOf(letter));
  if (words.includes(-1) || polymod([...expanded(hrp), ...words]) !== 1) return undefined;
  const bits = words
    .slice(0, 52)
    .map((word) => word.toString(2).padStart(5, "0"))
    .join("");
  if (bits.slice(256) !== "0000") return undefined;
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
}
