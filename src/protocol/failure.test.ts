import { describe, expect, it } from "vitest";
import { type FailureCode, failureOf, type Origin, type Reason } from "./failure.ts";

/** A failure's origin and requirement are its interface, as its code is: each is written down here once more. */
const expected: Readonly<Record<FailureCode, readonly [Origin, string]>> = {
  abandoned: ["peer", "ST-025"],
  alert_received: ["peer", "AL-021"],
  bad_challenge: ["peer", "HS-055"],
  bad_record: ["peer", "RC-019"],
  bad_response: ["peer", "HS-079"],
  cancelled: ["local", "AL-015"],
  denied: ["local", "HS-084"],
  hello_refused: ["local", "RT-011"],
  hint: ["peer", "HS-012"],
  key_holder_failed: ["local", "HS-068"],
  malformed_alert: ["peer", "AL-024"],
  no_answer: ["transport", "ST-026"],
  nonces_exhausted: ["local", "RC-006"],
  not_hawser: ["peer", "HS-008"],
  refused: ["peer", "HS-047"],
  route_unopened: ["peer", "RT-020"],
  server_key_mismatch: ["peer", "HS-059"],
  timeout: ["peer", "HS-119"],
  truncated: ["transport", "RC-033"],
  unexpected_record: ["peer", "RC-020"],
  unsupported_header: ["peer", "HS-009"],
  untrusted: ["local", "HS-062"],
  wrong_context: ["peer", "HS-081"],
  zero_dh: ["peer", "HS-036"],
};

describe("failureOf", () => {
  it.each(Object.entries(expected))("%s says who and which requirement", (code, [origin, requirement]) => {
    const reason = { code } as Reason;
    const failure = failureOf(reason, undefined);
    expect(failure).toEqual({ code, origin, requirement, reason });
    expect("alertSent" in failure).toBe(false);
    expect(failure.reason).toBe(reason);
  });

  it("says which alert was sent", () => {
    expect(failureOf({ code: "zero_dh" }, 5).alertSent).toBe(5);
  });

  it("HS-015: names the requirement of a protocol that is recognised", () => {
    const bytes = new Uint8Array(8);
    const requirement = (protocol: string | undefined) =>
      failureOf({ code: "not_hawser", bytes, protocol }, undefined).requirement;
    expect([requirement("SSH"), requirement(undefined)]).toEqual(["HS-015", "HS-008"]);
  });

  it("RC-047: tells a silent peer from a slow handshake", () => {
    const requirement = (what: "handshake" | "liveness") =>
      failureOf({ code: "timeout", what, state: "Open" }, undefined).requirement;
    expect([requirement("liveness"), requirement("handshake")]).toEqual(["RC-047", "HS-119"]);
  });
});
