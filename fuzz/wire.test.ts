import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { minCiphertext } from "../src/protocol/limits.ts";
import { ByteQueue } from "../src/protocol/record/byte-queue.ts";
import { Deframer } from "../src/protocol/record/deframer.ts";
import { parsePlaintext, recordTypes } from "../src/protocol/record/plaintext.ts";
import { judgeHeader, judgePlaintext, parseWire } from "./support/wire.ts";

// The parser that Kaitai Struct makes of spec/wire.ksy, held against the implementation and the vectors.

const vectors = join(import.meta.dirname, "..", "spec", "vectors");

interface Step {
  readonly name?: string;
  readonly kind: string;
  readonly bytes?: string;
  readonly arrives?: string | null;
  readonly plaintext?: string;
}

const steps: readonly Step[] = readdirSync(vectors)
  .filter((file) => file.endsWith(".json") && file !== "schema.json")
  .flatMap((file) => (JSON.parse(readFileSync(join(vectors, file), "utf8")) as { steps: Step[] }).steps);

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

function agree(plaintext: Uint8Array): void {
  const own = parsePlaintext(plaintext);
  const other = judgePlaintext(plaintext);
  const fault = "fault" in own ? own.fault : undefined;
  expect("fault" in other ? other.fault : undefined).toBe(fault);
  if (!("fault" in own) && !("fault" in other)) expect(recordTypes[own.type]).toBe(other.type);
}

describe("the generated parser", () => {
  it("RC-014 to RC-017: agrees on every plaintext of the vectors", () => {
    const plaintexts = steps.flatMap(({ plaintext }) => (plaintext ? [bytesOf(plaintext)] : []));
    expect(plaintexts.length).toBeGreaterThan(100);
    for (const plaintext of plaintexts) agree(plaintext);
  });

  const head = fc.tuple(fc.nat(7), fc.nat(12), fc.uint8Array({ maxLength: 12 }), fc.nat(3));
  test.prop([head])(
    "RC-014 to RC-017: agrees on plaintexts that are nearly right",
    ([type, size, body, padding]) => {
      agree(Uint8Array.of(type, 0, size, ...body, ...new Uint8Array(padding)));
    },
  );

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 6 })])("AL-025: agrees on what is UTF-8", (words) => {
    agree(Uint8Array.of(1, 0, 2 + words.length, 0, 1, ...words));
    agree(Uint8Array.of(1, 0, 2 + words.length, 0, 1, ...words.map((byte) => byte | 0x80)));
  });

  it("HS-007: agrees on every header of the vectors, and knows the lengths of the messages", () => {
    const types = { Hello: "Hello", Challenge: "Challenge", Response: "Response" } as const;
    for (const { kind, name, bytes, arrives } of steps) {
      const sent = bytesOf(arrives ?? bytes ?? "");
      if (kind !== "message" || !Object.hasOwn(types, name ?? "")) continue;
      const type = types[name as keyof typeof types];
      const isShort = parseWire(type, sent.subarray(0, -1)).failed;
      const { failed } = parseWire(type, sent);
      expect(failed).toBe(type === "Hello" && judgeHeader(sent.subarray(0, 8)) !== "spoken");
      expect(isShort).toBe(true);
    }
    expect(
      ["HWSR\u0001\u0001\0\0", "HWSR\u0002\u0001\0\0", "HWSS\u0001\u0001\0\0"].map((text) =>
        judgeHeader(Buffer.from(text)),
      ),
    ).toEqual(["spoken", "unsupported", "alien"]);
  });

  test.prop([fc.nat(40), fc.nat(60)])(
    "RC-012: agrees on lengths, and on what is a whole record",
    (length, there) => {
      const bytes = Uint8Array.of(0, length, ...new Uint8Array(there));
      const queue = new ByteQueue();
      queue.push(bytes);
      const frame = new Deframer(queue).next();
      const { value, failed } = parseWire("Record", bytes);
      expect(failed).toBe(frame === undefined || "badLength" in frame);
      expect(value.length).toBe(length);
      expect(value.length !== undefined && value.length < minCiphertext).toBe(
        frame !== undefined && "badLength" in frame,
      );
    },
  );
});
