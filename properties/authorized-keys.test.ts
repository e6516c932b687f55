/**
 * Why: an authorized-keys file is written by hand and read by a server that lets people in by it. What was meant is read,
 * and a slip of the pen narrows, or is an error, and never widens.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { KEY_ERRORS, KeyError, type KeyOptions, parseAuthorizedKeys } from "../src/keys/portable.ts";
import { isListed } from "../src/net/client-address.ts";
import { authorizedKey, keyOptions, lineOf } from "./arbitraries/authorized-keys.ts";
import { refusal } from "./arbitraries/key-errors.ts";
import { keyBytes } from "./arbitraries/keys.ts";
import { runs } from "./seed.ts";

const honours = ["to", "from", "max"] as const;
const parse = (text: string) => parseAuthorizedKeys(new TextEncoder().encode(text), { honours });

/** What a text gives; a refusal gives nothing. */
function entriesOf(text: string): ReturnType<typeof parse> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    expect(KEY_ERRORS).toHaveProperty(error.code);
    return [];
  }
}

/** Whether what one allows, the other allows too. */
function isWider(one: KeyOptions, than: KeyOptions): boolean {
  if (one.to !== than.to) return true;
  if (than.max !== undefined && (one.max ?? Number.POSITIVE_INFINITY) > than.max) return true;
  return than.from !== undefined && one.from === undefined;
}

describe("authorized keys with options", () => {
  test.prop(
    [fc.uniqueArray(authorizedKey, { selector: ({ publicKey }) => publicKey.join(), maxLength: 6 })],
    {
      numRuns: runs(500),
    },
  )("KT-040, KT-090: reading what was written gives it again, in order", (keys) => {
    const text = keys.map((key) => `${lineOf(key)}\n`).join("");
    expect(parse(text)).toEqual(keys.map((key, index) => ({ ...key, line: index + 1 })));
  });

  test.prop([keyBytes, keyOptions, fc.nat(), fc.string({ unit: "binary-ascii", maxLength: 2 }), fc.nat(2)], {
    numRuns: runs(3000),
  })(
    "KT-091: a character or two changed in the name of an option, or around it, never widen what the line allows",
    (publicKey, options, where, put, cut) => {
      const line = lineOf({ publicKey, options });
      // The names and all that joins them; what a value means is its writer's alone.
      const places = [...line.matchAll(/"[^"]*"|hawser1.*|./g)]
        .filter(([match]) => match.length === 1)
        .map(({ index }) => index);
      const at = places[where % places.length] ?? 0;
      const changed = line.slice(0, at) + put + line.slice(at + cut);
      if (changed.includes("#") || changed.includes("\n")) return;
      for (const entry of entriesOf(changed)) {
        expect(isWider(entry.options ?? {}, options), changed).toBe(false);
      }
    },
  );

  test.prop([keyBytes, keyOptions, fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/)])(
    "KT-091: an option of any other name spoils the line, wherever it stands",
    (publicKey, options, name) => {
      fc.pre(!honours.includes(name as "to"));
      const line = lineOf({ publicKey, options });
      expect(refusal(() => parse(`${name}="1",${line}`)).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
      const [, written = "", key = ""] = /^(.*) (hawser1\S*)$/.exec(line) ?? [];
      expect(refusal(() => parse(`${written},${name} ${key}`)).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    },
  );

  test.prop([fc.nat(0xffffffff), fc.nat(32), fc.nat(0xffffffff)], { numRuns: runs(500) })(
    "KT-097: a range has just the addresses that begin as it does",
    (bits, prefix, other) => {
      const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
      const first = Math.floor(bits / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
      const near = first + (other % 2 ** (32 - prefix));
      const begins = (value: number) => Math.floor(value / 2 ** (32 - prefix)) === first / 2 ** (32 - prefix);
      for (const value of [other, near, bits, (first - 1) >>> 0, (first + 2 ** (32 - prefix)) >>> 0]) {
        expect(isListed([`${text(first)}/${prefix}`], text(value))).toBe(begins(value));
        expect(isListed([`${text(first)}/${prefix}`], `::ffff:${text(value)}`)).toBe(begins(value));
      }
    },
  );
});
