/**
 * Why: keys and connection strings pass through hands, chats and shells. Whatever comes back is the very key, or an
 * error that is documented and that gives no secret away.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { openAuthorizedKeys, readSecretKeyFile } from "../src/keys/index.ts";
import * as keys from "../src/keys/portable.ts";
import { KEY_BYTES, KEY_ERRORS, KeyError } from "../src/keys/portable.ts";
import { everythingOf, refusal, rejection, shows } from "./arbitraries/key-errors.ts";
import { connectionTarget, keyBytes, pasted, publicKeyText, secretKeyText } from "./arbitraries/keys.ts";
import { runs } from "./seed.ts";

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PRINTABLE = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code));
const bytes = (text: string) => new TextEncoder().encode(text);

/** BIP-173 read naively: big integers for the bits, no code in common with what is tested. */
function naiveText(hrp: string, key: Uint8Array): string {
  const bits = key.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) << 4n;
  const data = Array.from({ length: 52 }, (_, index) => Number((bits >> BigInt(5 * (51 - index))) & 31n));
  const letters = [...hrp].map((letter) => letter.charCodeAt(0));
  const expanded = [...letters.map((code) => code >> 5), 0, ...letters.map((code) => code & 31)];
  const generator = [0x3b6a57b2n, 0x26508e6dn, 0x1ea119fan, 0x3d4233ddn, 0x2a1462b3n];
  const remainder = [...expanded, ...data, 0, 0, 0, 0, 0, 0].reduce((sum, value) => {
    const top = sum >> 25n;
    const next = ((sum & 0x1ffffffn) << 5n) ^ BigInt(value);
    return generator.reduce((mixed, term, bit) => ((top >> BigInt(bit)) & 1n ? mixed ^ term : mixed), next);
  }, 1n);
  const checksum = [5, 4, 3, 2, 1, 0].map((place) => Number(((remainder ^ 1n) >> BigInt(5 * place)) & 31n));
  return `${hrp}1${[...data, ...checksum].map((value) => ALPHABET[value]).join("")}`;
}

describe("key text", () => {
  test.prop([keyBytes])("KT-001, KT-002, KT-003, KT-015: is the naive reading's, and reads back", (key) => {
    expect(keys.formatPublicKey(key)).toBe(naiveText("hawser", key));
    expect(keys.formatSecretKey(key)).toBe(naiveText("hawser-secret-key-", key).toUpperCase());
    expect(keys.parsePublicKey(keys.formatPublicKey(key))).toEqual(key);
    expect(keys.parseSecretKey(keys.formatSecretKey(key))).toEqual(key);
  });

  test.prop([keyBytes], { numRuns: runs(3) })(
    "KT-009, KT-011: every substitution of one character is refused",
    (key) => {
      for (const [text, parse] of [
        [keys.formatPublicKey(key), keys.parsePublicKey],
        [keys.formatSecretKey(key), keys.parseSecretKey],
      ] as const) {
        let tried = 0;
        for (let at = 0; at < text.length; at++) {
          for (const character of PRINTABLE) {
            if (character === text[at]) continue;
            refusal(() => parse(text.slice(0, at) + character + text.slice(at + 1)));
            tried++;
          }
        }
        expect(tried).toBe(text.length * (PRINTABLE.length - 1));
      }
    },
  );

  test.prop(
    [
      keyBytes,
      fc.constantFrom("public", "secret"),
      fc.uniqueArray(fc.tuple(fc.nat(57), fc.integer({ min: 1, max: 31 })), {
        minLength: 1,
        maxLength: 4,
        selector: ([at]) => at,
      }),
    ],
    { numRuns: runs(1000) },
  )("KT-011: so is every one of up to four, with a wrong checksum", (key, kind, changes) => {
    const text = kind === "public" ? keys.formatPublicKey(key) : keys.formatSecretKey(key).toLowerCase();
    const start = text.length - 58;
    const letters = [...text];
    for (const [at, shift] of changes) {
      letters[start + at] = ALPHABET[(ALPHABET.indexOf(letters[start + at] ?? "") + shift) % 32] ?? "";
    }
    const changed = letters.join("");
    const error =
      kind === "public"
        ? refusal(() => keys.parsePublicKey(changed))
        : refusal(() => keys.parseSecretKey(changed.toUpperCase()));
    expect(error.code).toBe("ERR_HAWSER_KEY_CHECKSUM");
  });

  test.prop([keyBytes, fc.nat(76), fc.nat(76), fc.constantFrom(...ALPHABET)])(
    "KT-010: a character left out, put in, or twice the other way round is refused",
    (key, at, to, letter) => {
      const text = keys.formatPublicKey(key);
      const left = text.slice(0, at % 65) + text.slice((at % 65) + 1);
      refusal(() => keys.parsePublicKey(left));
      refusal(() => keys.parsePublicKey(text.slice(0, at % 66) + letter + text.slice(at % 66)));
      const swapped = [...text];
      [swapped[at % 65], swapped[to % 65]] = [text[to % 65] ?? "", text[at % 65] ?? ""];
      if (swapped.join("") !== text) refusal(() => keys.parsePublicKey(swapped.join("")));
    },
  );
});

describe("connection strings", () => {
  test.prop([connectionTarget], { numRuns: runs(500) })(
    "KT-082: reading what was written gives the target",
    (target) => {
      expect(keys.parseConnectionString(keys.formatConnectionString(target))).toEqual(
        keys.canonicalTarget(target),
      );
    },
  );

  test.prop([connectionTarget])(
    "KT-081, KT-082: the canonical form is a fixed point, and plain ASCII",
    (target) => {
      const text = keys.formatConnectionString(target);
      expect(keys.formatConnectionString(keys.parseConnectionString(text))).toBe(text);
      expect(keys.canonicalTarget(keys.canonicalTarget(target))).toEqual(keys.canonicalTarget(target));
      expect(text).toMatch(/^hawser(\+unix)?:\/\/[A-Za-z0-9\-._~:/?[\]@&=%]*$/);
      expect(text.length).toBeLessThanOrEqual(keys.URL_MAX_LENGTH);
    },
  );

  test.prop([connectionTarget, fc.infiniteStream(fc.boolean())])(
    "KT-066: percent-encoding what needs none changes nothing",
    (target, coin) => {
      const text = keys.formatConnectionString(target);
      const [place = "", query] = text.slice(text.indexOf("//") + 2).split("?");
      const encode = (part: string) =>
        part.replace(/%..|[A-Za-z0-9]/g, (unit) =>
          unit.length === 1 && coin.next().value ? `%${unit.charCodeAt(0).toString(16)}` : unit,
        );
      const [key, rest] = place.includes("@") ? (place.split("@") as [string, string]) : [undefined, place];
      // An IPv6 address and the port are not encoded.
      const at = /^(\[.*\]|[^:]*)(:\d+)?$/.exec(rest);
      const where =
        target.endpoint.transport === "unix"
          ? encode(rest)
          : `${at?.[1]?.startsWith("[") ? at[1] : encode(at?.[1] ?? "")}${at?.[2]}`;
      const encoded = [
        text.slice(0, text.indexOf("//") + 2),
        key === undefined ? "" : `${encode(key)}@`,
        where,
        query === undefined
          ? ""
          : `?${query
              .split("&")
              .map((pair) => pair.split("=").map(encode).join("="))
              .join("&")}`,
      ].join("");
      expect(keys.parseConnectionString(encoded)).toEqual(keys.parseConnectionString(text));
    },
  );
});

/** What reads text, with what to do to what it read. */
const readers: readonly [string, (text: string) => void][] = [
  ["parsePublicKey", (text) => expect(keys.formatPublicKey(keys.parsePublicKey(text))).toBe(text)],
  ["parseSecretKey", (text) => expect(keys.formatSecretKey(keys.parseSecretKey(text))).toBe(text)],
  ["parseConnectionString", (text) => void keys.formatConnectionString(keys.parseConnectionString(text))],
  ["parseSecretKeyFile", (text) => expect(keys.parseSecretKeyFile(bytes(text))).toHaveLength(KEY_BYTES)],
  [
    "parseAuthorizedKeys",
    (text) => void keys.parseAuthorizedKeys(bytes(text), { honours: ["to", "from", "max"] }),
  ],
];

describe.each(readers)("%s", (_, read) => {
  test.prop([pasted], { numRuns: runs(500) })(
    "KT-020: whatever it is given, it reads, or throws a documented error",
    (text) => {
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof KeyError)) throw error;
        expect(KEY_ERRORS).toHaveProperty(error.code);
        expect(error.message.length).toBeGreaterThan(20);
        expect(error.message.length).toBeLessThan(400);
        expect(error.cause).toBeUndefined();
        expect(error.message).toMatch(/^[\x20-\x7e…]+$/);
      }
    },
  );

  test.prop(
    [
      secretKeyText,
      publicKeyText,
      fc.nat(76),
      fc.constantFrom(...ALPHABET.toUpperCase(), "-", "x", " "),
      fc.nat(12),
    ],
    {
      numRuns: runs(200),
    },
  )(
    "KT-013, KT-020: no error shows eight characters of a secret key",
    (secret, publicKey, at, character, place) => {
      const damaged = secret.slice(0, at) + character + secret.slice(at + 1);
      for (const text of [secret, damaged, secret.toLowerCase(), secret.slice(19)]) {
        const around = [
          text,
          ` ${text}`,
          `"${text}"`,
          `# x\n${publicKey} alice\n${text}\n`,
          `${publicKey} ${text}\n`,
          `${text} ${publicKey}\n`,
          `${text}\n${text}\n`,
          `hawser://${text}@h:1`,
          `hawser://${publicKey}:${text}@h:1`,
          `hawser://${publicKey}@${text}:1`,
          `hawser://${publicKey}@h:1?via=${text}`,
          `hawser://${publicKey}@h:1?${text}`,
          `hawser+unix:///run/${text}/`,
        ][place] as string;
        try {
          read(around);
        } catch (error) {
          expect(error).toBeInstanceOf(KeyError);
          expect(shows(everythingOf(error as KeyError), secret.slice(19))).toBe(false);
        }
      }
    },
  );
});

describe("paths", () => {
  test.prop([secretKeyText, fc.nat(76), fc.constantFrom("", "./", "/tmp/")], { numRuns: runs(50) })(
    "KT-021: a secret key taken for a path, one character of it changed too, is not shown",
    async (secret, at, before) => {
      for (const text of [secret, `${secret.slice(0, at)}x${secret.slice(at + 1)}`, secret.toLowerCase()]) {
        for (const refused of [readSecretKeyFile(before + text), openAuthorizedKeys(before + text)]) {
          const error = await rejection(refused);
          expect(error.cause).toBeUndefined();
          expect(shows(everythingOf(error), secret.slice(19))).toBe(false);
        }
      }
    },
  );

  it("the search for a secret finds one that is there", () => {
    const secret = keys.formatSecretKey(new Uint8Array(32).fill(9)).slice(19);
    const leaky = new KeyError(
      "ERR_HAWSER_KEY_EMPTY",
      "x",
      {},
      { cause: new Error(`a${secret.slice(20, 28)}b`) },
    );
    expect(shows(everythingOf(leaky), secret)).toBe(true);
    expect(
      shows(
        everythingOf(Object.assign(new KeyError("ERR_HAWSER_KEY_EMPTY", "x"), { input: secret })),
        secret,
      ),
    ).toBe(true);
    expect(shows(everythingOf(new KeyError("ERR_HAWSER_KEY_EMPTY", "x")), secret)).toBe(false);
  });
});
