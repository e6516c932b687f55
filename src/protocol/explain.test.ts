import { describe, expect, it } from "vitest";
import { explainFailure } from "./explain.ts";
import { type FailureCode, failureOf, type Origin, type Reason } from "./failure.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);
/** Words from a peer or a system that would do harm on a terminal. */
const hostile = "\u001b[2J\u202egnp.exe\nok";
const cause = new Error(hostile);

/** Every code, with what a peer may have put into it. */
const reasons: { readonly [Code in FailureCode]: Extract<Reason, { code: Code }> } = {
  not_hawser: { code: "not_hawser", bytes: Uint8Array.of(27, 91, 50, 74, 10), protocol: undefined },
  unsupported_header: { code: "unsupported_header", peer: { version: 2, suite: 3, flags: 4 } },
  hint: { code: "hint", peer: { version: 2, suite: 3, flags: 0 }, same: false },
  no_answer: { code: "no_answer" },
  truncated: { code: "truncated", state: "Open", cause },
  abandoned: { code: "abandoned", cause },
  zero_dh: { code: "zero_dh" },
  bad_challenge: { code: "bad_challenge", fault: "unauthentic" },
  server_key_mismatch: {
    code: "server_key_mismatch",
    expected: key(0xaa),
    received: key(0xbb),
    via: key(0xcc),
  },
  refused: { code: "refused", by: "middlebox", alert: 4, publicKey: key(1) },
  untrusted: { code: "untrusted", publicKey: key(0xdd) },
  hello_refused: { code: "hello_refused", alert: 9, message: hostile },
  route_unopened: { code: "route_unopened" },
  bad_response: { code: "bad_response", fault: "zero" },
  wrong_context: {
    code: "wrong_context",
    received: Uint8Array.of(27, 10, ...new Array(30).fill(0)),
    publicKey: key(1),
  },
  denied: { code: "denied", alert: 3, message: hostile },
  bad_record: { code: "bad_record", check: "padding" },
  unexpected_record: { code: "unexpected_record", type: "accept", state: "Open" },
  malformed_alert: { code: "malformed_alert", check: "body" },
  alert_received: { code: "alert_received", alert: 0x8001, message: hostile },
  timeout: { code: "timeout", what: "handshake", state: "Judging" },
  cancelled: { code: "cancelled", alert: 12, message: hostile },
  key_holder_failed: { code: "key_holder_failed", cause },
  nonces_exhausted: { code: "nonces_exhausted" },
};

/** Who is at fault, and which requirement says so. */
const sources: readonly (readonly [FailureCode, Origin, requirement: string])[] = [
  ["not_hawser", "peer", "HS-008"],
  ["unsupported_header", "peer", "HS-009"],
  ["hint", "peer", "HS-012"],
  ["no_answer", "transport", "ST-026"],
  ["truncated", "transport", "RC-033"],
  ["abandoned", "peer", "ST-025"],
  ["zero_dh", "peer", "HS-036"],
  ["bad_challenge", "peer", "HS-055"],
  ["server_key_mismatch", "peer", "HS-059"],
  ["refused", "peer", "HS-047"],
  ["untrusted", "local", "HS-062"],
  ["hello_refused", "local", "RT-011"],
  ["route_unopened", "peer", "RT-020"],
  ["bad_response", "peer", "HS-079"],
  ["wrong_context", "peer", "HS-081"],
  ["denied", "local", "HS-084"],
  ["bad_record", "peer", "RC-019"],
  ["unexpected_record", "peer", "RC-020"],
  ["malformed_alert", "peer", "AL-024"],
  ["alert_received", "peer", "AL-021"],
  ["timeout", "peer", "HS-119"],
  ["cancelled", "local", "AL-015"],
  ["key_holder_failed", "local", "HS-068"],
  ["nonces_exhausted", "local", "RC-006"],
];

const inWords = (reason: Reason) => Object.values(explainFailure(failureOf(reason, undefined)));

describe("explainFailure", () => {
  it.each(Object.values(reasons))(
    "AL-029: says $code in three sentences that are safe to print",
    (reason) => {
      const words = inWords(reason);
      expect(words).toHaveLength(3);
      for (const sentence of words) {
        expect(sentence).toMatch(/^[A-Z].*\.$/);
        expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    },
  );

  it.each(sources)("%s is %s's, by %s", (code, origin, requirement) => {
    const reason = reasons[code];
    expect(failureOf(reason, 5)).toEqual({ code, origin, requirement, reason, alertSent: 5 });
    expect("alertSent" in failureOf(reason, undefined)).toBe(false);
  });

  it("has said so of every code", () => {
    expect(sources.map(([code]) => code).sort()).toEqual(Object.keys(reasons).sort());
  });

  it("HS-015: bytes that are plainly another protocol's are another requirement's", () => {
    const reason = { ...reasons.not_hawser, protocol: "TLS" };
    expect(failureOf(reason, undefined)).toEqual({
      code: "not_hawser",
      origin: "peer",
      requirement: "HS-015",
      reason,
    });
  });

  it("RC-047: silence on an open channel is another requirement's than a slow handshake", () => {
    const reason: Reason = { code: "timeout", what: "liveness", state: "Open" };
    expect(failureOf(reason, undefined)).toEqual({
      code: "timeout",
      origin: "peer",
      requirement: "RC-047",
      reason,
    });
  });

  it("HS-059: names both keys, in the way they are printed where it is shown", () => {
    const failure = failureOf(reasons.server_key_mismatch, undefined);
    const { happened, expected } = explainFailure(failure, (publicKey) => `key-${publicKey[0]}`);
    expect(happened).toContain("key-187");
    expect(expected).toContain("key-170");
    expect(explainFailure(failure).happened).toContain("bb".repeat(32));
  });

  it("HS-013: a hint like the own header is altered or refused, not another version", () => {
    const [happened] = inWords({ ...reasons.hint, same: true });
    expect(happened).toMatch(/altered on the way, or refused/);
  });

  it("HS-060: a refusal on first use is said to be nobody's", () => {
    const [happened, , advice] = inWords({ ...reasons.refused, by: "unauthenticated" });
    expect(happened).toMatch(/^Whoever answered/);
    expect(advice).toMatch(/Anybody on the way/);
  });

  it("names a context that is one, and says when there is none", () => {
    const context = (...bytes: number[]) =>
      inWords({ ...reasons.wrong_context, received: Uint8Array.of(...bytes, 0) })[0];
    expect(context(0x61)).toContain('"a"');
    expect(context()).toContain("(none)");
    expect(context(0x80)).toContain("8000");
  });

  it("sends who met no Hawser server to look at host and port", () => {
    const state = "AwaitChallenge";
    for (const reason of [
      { code: "truncated", state },
      { code: "timeout", what: "handshake", state },
    ] as const) {
      expect(inWords(reason)[2]).toContain("may be no Hawser server: check host and port");
      expect(inWords({ ...reason, state: "AwaitVerdict" })[2]).not.toContain("no Hawser server");
    }
    expect(inWords({ code: "truncated", state })[1]).toBe("A Challenge.");
  });

  it("RC-033: says what a cut connection leaves: a part, all that came, or nothing", () => {
    const left = (state: "Open" | "HalfClosedLocal" | "HalfClosedRemote" | "AwaitVerdict") =>
      inWords({ code: "truncated", state })[2];
    expect(left("Open")).toContain("may be incomplete");
    expect(left("HalfClosedLocal")).toBe(left("Open"));
    expect(left("HalfClosedRemote")).toMatch(
      /^All that the peer sent is here; how much of what this side sent/,
    );
    expect(left("AwaitVerdict")).toMatch(/^Nothing was delivered/);
  });

  it("does not take a decision that failed for a refusal", () => {
    const [, , refused] = inWords(reasons.denied);
    const [, , failed] = inWords({ ...reasons.denied, alert: 1 });
    expect(refused).toContain("add its key");
    expect(failed).toMatch(/^The decision failed.*the cause/);
  });

  it("AL-003: an alert that nobody has defined is named by its number", () => {
    expect(inWords({ ...reasons.alert_received, alert: 99 })[0]).toContain("0x63");
  });
});
