/** Why: an agent that reads two forms of one request, or an asker that reads two of a response, can be talked into either. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  type AgentRequest,
  type AgentResponse,
  encodeRequest,
  encodeResponse,
  FixedFrames,
  parseRequest,
  parseResponse,
  requestLength,
  responseLength,
  unanswered,
} from "./wire.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const requests: fc.Arbitrary<AgentRequest> = fc.oneof(
  fc.record({ type: fc.constant("dh" as const), number, key, peer: key }),
  fc.record({ type: fc.constant("key" as const), number, index: fc.integer({ min: 0, max: 65_535 }) }),
);
const responses: fc.Arbitrary<AgentResponse> = fc.oneof(
  fc.record({
    number,
    status: fc.constant("done" as const),
    count: fc.integer({ min: 0, max: 16 }),
    result: key.filter((bytes) => bytes.some((byte) => byte !== 0)),
  }),
  fc
    .tuple(number, fc.constantFrom("unknownKey", "zero", "failed"))
    .map(([n, status]) => unanswered(n, status)),
);

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("requests", () => {
  it("AG-002: have the bytes of the table", () => {
    const dh = encodeRequest({
      ...{ type: "dh", number: 0x01020304 },
      key: new Uint8Array(32).fill(0xaa),
      peer: new Uint8Array(32).fill(0xbb),
    });
    expect(dh).toEqual(hex(`48574b41 01 01 0000 01020304 ${"aa".repeat(32)} ${"bb".repeat(32)}`));
    const list = encodeRequest({ type: "key", number: 7, index: 258 });
    expect(list).toEqual(hex(`48574b41 01 02 0102 00000007 ${"00".repeat(64)}`));
  });

  test.prop([requests])("AG-002: are read as they were written", (request) => {
    const bytes = encodeRequest(request);
    expect(bytes.length).toBe(requestLength);
    expect(parseRequest(bytes)).toEqual(request);
  });

  test.prop([requests, fc.nat(requestLength - 1), fc.integer({ min: 1, max: 255 })])(
    "AG-005: have one form: what is read from altered bytes makes these bytes again",
    (request, at, mask) => {
      const bytes = encodeRequest(request);
      bytes[at] = (bytes[at] as number) ^ mask;
      const found = parseRequest(bytes);
      if (at < 5) expect(found).toBeUndefined();
      if (found !== undefined) expect(encodeRequest(found)).toEqual(bytes);
    },
  );

  it.each([
    ["other first bytes", 0, 0],
    ["another version", 4, 2],
    ["no type", 5, 0],
    ["a type without a meaning", 5, 3],
    ["an index that is not 0, of a Dh", 7, 1],
  ])("AG-005: are malformed with %s", (_, at, value) => {
    const bytes = encodeRequest({ type: "dh", number: 0, key: new Uint8Array(32), peer: new Uint8Array(32) });
    bytes[at] = value;
    expect(parseRequest(bytes)).toBeUndefined();
  });

  it.each([12, 43, 44, 75])("AG-005: are malformed where a Key has something at %i", (at) => {
    const bytes = encodeRequest({ type: "key", number: 0, index: 0 });
    bytes[at] = 1;
    expect(parseRequest(bytes)).toBeUndefined();
  });
});

describe("responses", () => {
  test.prop([responses])("AG-002: are read as they were written", (response) => {
    const bytes = encodeResponse(response);
    expect(bytes.length).toBe(responseLength);
    expect(parseResponse(bytes)).toEqual(response);
  });

  test.prop([responses, fc.nat(responseLength - 1), fc.integer({ min: 1, max: 255 })])(
    "AG-006: have one form: what is read from altered bytes makes these bytes again",
    (response, at, mask) => {
      const bytes = encodeResponse(response);
      bytes[at] = (bytes[at] as number) ^ mask;
      const found = parseResponse(bytes);
      if (at < 5) expect(found).toBeUndefined();
      if (found !== undefined) expect(encodeResponse(found)).toEqual(bytes);
    },
  );

  it("AG-007: are malformed with a result of zeros, with a result beside a status, and with more than 16 keys", () => {
    const done = { number: 0, status: "done", count: 0, result: new Uint8Array(32).fill(1) } as const;
    expect(parseResponse(encodeResponse(done))).toBeDefined();
    expect(parseResponse(encodeResponse({ ...done, result: new Uint8Array(32) }))).toBeUndefined();
    expect(parseResponse(encodeResponse({ ...done, status: "failed" }))).toBeUndefined();
    expect(parseResponse(encodeResponse({ ...done, count: 17 }))).toBeUndefined();
    expect(parseResponse(encodeResponse({ ...unanswered(0, "zero"), count: 1 }))).toBeUndefined();
    const status = encodeResponse(done);
    status[5] = 4;
    expect(parseResponse(status)).toBeUndefined();
  });
});

describe("frames", () => {
  test.prop([fc.uint8Array({ maxLength: 300 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 })])(
    "come out whole, however the stream is cut",
    (stream, cuts) => {
      const frames = new FixedFrames(44);
      const found: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const length = cuts[turn % cuts.length] as number;
        found.push(...frames.push(stream.subarray(at, at + length)));
        at += length;
      }
      const whole = Math.floor(stream.length / 44) * 44;
      expect(Buffer.concat(found)).toEqual(Buffer.from(stream.subarray(0, whole)));
      expect(found.every(({ length }) => length === 44)).toBe(true);
    },
  );
});
