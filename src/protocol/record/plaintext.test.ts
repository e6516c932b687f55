import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { concat, u16 } from "../bytes.ts";
import { parsePlaintext, type RecordType, recordTypes, writePlaintext } from "./plaintext.ts";

const plaintext = (type: number, size: number, rest: readonly number[]) =>
  Uint8Array.of(type, ...u16(size), ...rest);
const utf8 = (text: string) => [...new TextEncoder().encode(text)];

describe("parsePlaintext", () => {
  it.each<[RecordType, number[]]>([
    ["data", [1]],
    ["accept", []],
    ["close", []],
    ["ping", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["pong", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["alert", [0, 1]],
  ])("RC-001 RC-051: a %s record is parsed, with padding and without", (type, body) => {
    for (const padding of [0, 1, 300]) {
      const parsed = parsePlaintext(
        plaintext(recordTypes[type], body.length, [...body, ...new Array(padding).fill(0)]),
      );
      expect(parsed).toMatchObject({ type });
      if ("body" in parsed) expect([...parsed.body]).toEqual(body);
    }
  });

  it.each([6, 7, 255])("RC-014: type %i is refused, before anything else", (type) => {
    expect(parsePlaintext(plaintext(type, 9, [1]))).toEqual({ fault: "type", alert: false });
  });

  it("RC-015: a size past the end is refused, before the padding", () => {
    expect(parsePlaintext(plaintext(0, 2, [1]))).toEqual({ fault: "size", alert: false });
    expect(parsePlaintext(plaintext(1, 65_535, [0, 1]))).toEqual({ fault: "size", alert: true });
  });

  it("RC-016: a byte behind the body that is not zero is refused, wherever it is, before the body", () => {
    for (let at = 1; at < 300; at++) {
      const rest = new Array(300).fill(0);
      rest[0] = 1;
      rest[at] = 1;
      expect(parsePlaintext(plaintext(0, 1, rest))).toEqual({ fault: "padding", alert: false });
    }
    expect(parsePlaintext(plaintext(0, 0, [0, 1]))).toEqual({ fault: "padding", alert: false });
  });

  it.each<[string, number, number[]]>([
    ["empty Data (RC-025)", 0, []],
    ["an Accept with a body", 2, [0]],
    ["a Close with a body", 3, [0]],
    ["a Ping of 7 bytes", 4, [1, 2, 3, 4, 5, 6, 7]],
    ["a Pong of 9 bytes", 5, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])("RC-017: %s is refused", (_, type, body) => {
    expect(parsePlaintext(plaintext(type, body.length, body))).toEqual({ fault: "body", alert: false });
  });

  it.each<[string, number[]]>([
    ["no code", []],
    ["half a code", [1]],
    ["code 0", [0, 0]],
    ["a message of 1,025 bytes", [0, 1, ...utf8("x".repeat(1_025))]],
    ["a lone continuation byte", [0, 1, 0x80]],
    ["an overlong slash", [0, 1, 0xc0, 0xaf]],
    ["a surrogate", [0, 1, 0xed, 0xa0, 0x80]],
    ["a character past U+10FFFF", [0, 1, 0xf4, 0x90, 0x80, 0x80]],
    ["a cut character", [0, 1, 0xe2, 0x82]],
  ])("AL-024, AL-025: an Alert with %s is malformed", (_, body) => {
    expect(parsePlaintext(plaintext(1, body.length, body))).toEqual({ fault: "body", alert: true });
  });

  it("RC-025: Data has as much as a record carries, and no more", () => {
    const type = (size: number) => {
      const parsed = parsePlaintext(concat(Uint8Array.of(0), u16(size), new Uint8Array(size).fill(1)));
      return "type" in parsed ? parsed.type : parsed.fault;
    };
    expect([type(1), type(65_516), type(65_517)]).toEqual(["data", "data", "body"]);
  });

  it("AL-024: an Alert's message has up to 1,024 bytes", () => {
    const body = [0, 1, ...utf8("x".repeat(1_024))];
    expect(parsePlaintext(plaintext(1, body.length, body))).toMatchObject({ message: "x".repeat(1_024) });
  });

  it("AL-026: a byte order mark stays in the message", () => {
    const body = [0, 1, ...utf8("\u{feff}x")];
    expect(parsePlaintext(plaintext(1, body.length, body))).toEqual({
      type: "alert",
      code: 1,
      message: "\u{feff}x",
    });
  });

  test.prop([
    fc.constantFrom("data", "ping", "pong"),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.nat(40),
  ])("what is written is parsed", (type, body, padding) => {
    const out = new Uint8Array(3 + body.length + padding).fill(0xff);
    writePlaintext(out, type, body, out.length);
    expect(parsePlaintext(out)).toEqual({ type, body: concat(body) });
  });

  test.prop([fc.uint8Array({ minLength: 3, maxLength: 60 })])(
    "any bytes are a record or a fault, never an exception",
    (bytes) => {
      const parsed = parsePlaintext(bytes);
      expect("fault" in parsed || "type" in parsed).toBe(true);
    },
  );
});
