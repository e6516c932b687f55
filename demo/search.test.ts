/** Why: "not found" is worth as much as the search. */

import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { generateKeyPair } from "../src/index.ts";
import { formsFound, longestUnseen, Pieces, soughtKey } from "./search.ts";

const file = fc.uint8Array({ minLength: 64, maxLength: 600 });
const noise = fc.uint8Array({ maxLength: 100 });

describe("a file's pieces", () => {
  test.prop([file, noise, noise, fc.nat(), fc.nat()])(
    "are found wherever more than 14 bytes of it are, cut out anywhere and put anywhere",
    (bytes, before, after, from, more) => {
      const length = longestUnseen + 1 + (more % 20);
      const start = from % (bytes.length - length);
      const leak = bytes.subarray(start, start + length);
      const found = new Pieces(bytes).find(Buffer.concat([before, leak, after]));
      expect(found).toBeLessThanOrEqual(before.length + 7);
    },
  );

  test.prop([file, fc.uint8Array({ maxLength: 3_000 })])(
    "are where a plain search finds the first of them",
    (bytes, recording) => {
      const pieces: Buffer[] = [];
      for (let i = 0; i + 8 <= bytes.length; i += 8) pieces.push(Buffer.from(bytes.subarray(i, i + 8)));
      const places = pieces.map((piece) => Buffer.from(recording).indexOf(piece)).filter((at) => at >= 0);
      const first = places.length === 0 ? undefined : Math.min(...places);
      expect(new Pieces(bytes).find(recording)).toBe(first);
    },
  );

  it("are not found in what has none", () => {
    expect(new Pieces(Buffer.from("a".repeat(64))).find(Buffer.from("aaaaaaab".repeat(9)))).toBeUndefined();
  });
});

describe("a key's forms", () => {
  it("are each found, alone and among others", async () => {
    const keyPair = await generateKeyPair();
    for (const key of [
      soughtKey("public", keyPair.publicKey, keyPair.publicKeyText),
      soughtKey("secret", keyPair.exportSecretKey(), keyPair.secretKeyText()),
    ]) {
      const { forms } = key;
      expect(forms.length).toBeGreaterThanOrEqual(5);
      for (const form of forms) expect(formsFound(key, [Buffer.concat([Buffer.from("x"), form])])).toBe(1);
      expect(formsFound(key, forms)).toBe(forms.length);
      expect(
        formsFound(
          key,
          forms.map((form) => form.subarray(1)),
        ),
      ).toBe(0);
    }
  });
});
