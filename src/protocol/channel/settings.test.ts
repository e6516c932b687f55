import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { UsageError } from "../usage-error.ts";
import type { ChannelOptions } from "./options.ts";
import { checkSettings } from "./settings.ts";

const defaults = { handshakeTimeout: 1, drainTimeout: 2, drainBytes: 3, recordSize: 4 };
const options: ChannelOptions = {
  primitives: await loadPrimitives(),
  randomBytes: (length) => new Uint8Array(length),
  now: () => 7,
} as ChannelOptions;
const check = (more: object = {}) => checkSettings({ ...options, ...more }, defaults);

describe("settings", () => {
  it("are the defaults where nothing is given", () => {
    expect(check()).toMatchObject({ ...defaults, liveness: undefined, primitives: options.primitives });
    expect(check().paddedLength(10)).toBe(10);
    expect(check().now()).toBe(7);
    expect(check().randomBytes(5)).toEqual(new Uint8Array(5));
  });

  it("are what is given, at its bounds", () => {
    const given = check({
      handshakeTimeout: 0,
      drain: { timeout: 0, bytes: Number.POSITIVE_INFINITY },
      recordSize: 65_516,
      padding: { block: 8 },
      liveness: { pingAfter: 1, timeout: 2 },
    });
    expect(given).toMatchObject({
      handshakeTimeout: 0,
      drainTimeout: 0,
      drainBytes: Number.POSITIVE_INFINITY,
      recordSize: 65_516,
      liveness: { pingAfter: 1, timeout: 2 },
    });
    expect(given.paddedLength(10)).toBe(16);
    expect(check({ recordSize: 1 }).recordSize).toBe(1);
    expect(check({ drain: { timeout: 9 } })).toMatchObject({ drainTimeout: 9, drainBytes: 3 });
    expect(check({ drain: { bytes: 9 } })).toMatchObject({ drainTimeout: 2, drainBytes: 9 });
  });

  it("keep a copy of the liveness policy", () => {
    const liveness = { pingAfter: 1, timeout: 2 };
    const settings = check({ liveness });
    liveness.timeout = 0;
    expect(settings.liveness).toEqual({ pingAfter: 1, timeout: 2 });
  });

  it.each<[string, object]>([
    ["primitives come from", { primitives: undefined }],
    ["primitives come from", { primitives: {} }],
    ["randomBytes is", { randomBytes: 1 }],
    ["now is", { now: 1 }],
    ["recordSize is", { recordSize: 0 }],
    ["recordSize is", { recordSize: 1.5 }],
    ["recordSize is", { recordSize: 65_517 }],
    ["handshakeTimeout is", { handshakeTimeout: -1 }],
    ["handshakeTimeout is", { handshakeTimeout: Number.NaN }],
    ["handshakeTimeout is", { handshakeTimeout: "1" }],
    ["drain.timeout is", { drain: { timeout: -1 } }],
    ["drain.bytes is", { drain: { bytes: -1 } }],
    ["time is no option of drain", { drain: { time: 1 } }],
    ["after is no option of liveness", { liveness: { after: 1 } }],
    ["liveness takes an object", { liveness: null }],
    ["liveness.pingAfter is a number", { liveness: { timeout: 1 } }],
    ["liveness.timeout is a number", { liveness: { pingAfter: 1 } }],
    ["liveness.pingAfter is more than 0", { liveness: { pingAfter: 0, timeout: 1 } }],
    ["liveness.pingAfter is more than 0", { liveness: { pingAfter: 1, timeout: 1 } }],
    ["padding is", { padding: "much" }],
  ])("LM-002: %s … refuses %j", (words, more) => {
    expect(() => check(more)).toThrow(words);
    expect(() => check(more)).toThrow(UsageError);
  });

  it.each([undefined, null, 1, "options"])("are of no channel for %j", (none) => {
    expect(() => checkSettings(none as unknown as ChannelOptions, defaults)).toThrow(UsageError);
  });

  it.each([Number.NaN, "7", undefined, 7n])("a clock that gives %s is broken", (time) => {
    expect(() => check({ now: () => time }).now()).toThrow(TypeError);
  });

  it.each([[1, 2, 3], new Uint8Array(2), new Uint8Array(4), undefined, new Uint16Array(3)])(
    "a source of randomness that gives %j for 3 bytes is broken",
    (bytes) => {
      expect(() => check({ randomBytes: () => bytes }).randomBytes(3)).toThrow(RangeError);
    },
  );
});
