import { describe, expect, it } from "vitest";
import type { ReadResult } from "../record/reader.ts";
import { classifyRecord, classifyVerdict } from "./records.ts";

const body = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const setting = { state: "Open", pongOwed: false, outstandingPing: undefined } as const;
const unexpected = (type: string, state = "Open") => ({ code: "unexpected_record", type, state });
const alert = { type: "alert", code: 9, message: "words" } as const;
const alertReason = { code: "alert_received", alert: 9, message: "words" };

describe("a record under the transport keys", () => {
  it.each<[ReadResult, unknown]>([
    [{ exhausted: true }, { name: "nonce.none", reason: { code: "nonces_exhausted" } }],
    [
      { fault: "cipher", alert: false },
      { name: "record.bad", reason: { code: "bad_record", check: "cipher" } },
    ],
    [
      { fault: "body", alert: true },
      { name: "record.malformedAlert", reason: { code: "malformed_alert", check: "body" } },
    ],
    [
      { type: "data", body },
      { name: "record.data", bytes: body, reason: unexpected("data") },
    ],
    [alert, { name: "record.alert", code: 9, message: "words", reason: alertReason }],
    [{ type: "accept" }, { name: "record.accept", reason: unexpected("accept") }],
    [{ type: "close" }, { name: "record.close", reason: unexpected("close") }],
    [
      { type: "ping", body },
      { name: "record.ping", bytes: body, reason: unexpected("ping") },
    ],
    [
      { type: "pong", body },
      { name: "record.pongUnexpected", bytes: body, reason: unexpected("pong") },
    ],
  ])("%j is one event", (record, event) => {
    expect(classifyRecord(record, setting)).toEqual(event);
  });

  it("RC-043: a Ping is one too many while a Pong is owed", () => {
    expect(classifyRecord({ type: "ping", body }, { ...setting, pongOwed: true })).toEqual({
      name: "record.pingExcess",
      bytes: body,
      reason: unexpected("ping"),
    });
  });

  it("RC-044: a Pong is awaited when it has all the Ping's bytes", () => {
    const named = (outstandingPing: Uint8Array) =>
      classifyRecord({ type: "pong", body }, { ...setting, outstandingPing }).name;
    expect(named(body.slice())).toBe("record.pong");
    for (const at of [0, 3, 7]) expect(named(body.with(at, 99))).toBe("record.pongUnexpected");
  });

  it("says in which state it came", () => {
    expect(classifyRecord({ type: "close" }, { ...setting, state: "HalfClosedRemote" }).reason).toEqual(
      unexpected("close", "HalfClosedRemote"),
    );
  });
});

describe("a record under the verdict key", () => {
  it.each<[ReadResult, unknown]>([
    [{ type: "accept" }, { name: "verdict.accept" }],
    [alert, { name: "verdict.alert", code: 9, message: "words", reason: alertReason }],
    [
      { fault: "cipher", alert: false },
      { name: "verdict.bad", reason: { code: "bad_record", check: "cipher" } },
    ],
    [
      { fault: "size", alert: true },
      { name: "verdict.malformedAlert", reason: { code: "malformed_alert", check: "size" } },
    ],
    ...(["data", "close", "ping", "pong"] as const).map((type): [ReadResult, unknown] => [
      type === "close" ? { type } : { type, body },
      { name: "verdict.unexpected", reason: unexpected(type, "AwaitVerdict") },
    ]),
  ])("%j is one event", (record, event) => {
    expect(classifyVerdict(record, "AwaitVerdict")).toEqual(event);
  });

  it("is the first under its key, which has a nonce for it", () => {
    expect(() => classifyVerdict({ exhausted: true }, "AwaitVerdict")).toThrow("the verdict key has a nonce");
  });
});
