/** One failure of each kind, for the page of errors: its words are then those that a program meets. */
import type { FailureCode, Reason } from "../src/protocol/failure.ts";

const keyNames = ["hawser1…(expected)", "hawser1…(received)", "hawser1…(via)", "hawser1…(client)"] as const;
const key = (index: number) => new Uint8Array(32).fill(index);
const [expected, received, via, client] = [key(0), key(1), key(2), key(3)] as const;

/** How a key of these reasons is shown. */
export function keyName(publicKey: Uint8Array): string {
  return keyNames[publicKey[0] as 0 | 1 | 2 | 3];
}

const bytes = (text: string) => new TextEncoder().encode(text);
const context = new Uint8Array(32);
context.set(bytes("chat"));
const aborted = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const header = { version: 2, suite: 1, flags: 0 };

/** Every code's reasons; where the words depend on more than values, one for each wording. */
export const reasons: { readonly [Code in FailureCode]: readonly Extract<Reason, { code: Code }>[] } = {
  not_hawser: [
    { code: "not_hawser", bytes: bytes("HTTP/1.1"), protocol: "HTTP" },
    { code: "not_hawser", bytes: bytes("+OK POP3"), protocol: undefined },
  ],
  unsupported_header: [{ code: "unsupported_header", peer: header }],
  hint: [
    { code: "hint", peer: header, same: false },
    { code: "hint", peer: { ...header, version: 1 }, same: true },
  ],
  no_answer: [{ code: "no_answer" }],
  truncated: [
    { code: "truncated", state: "Open" },
    { code: "truncated", state: "HalfClosedRemote" },
    { code: "truncated", state: "AwaitChallenge", cause: aborted },
  ],
  abandoned: [{ code: "abandoned" }],
  zero_dh: [{ code: "zero_dh" }],
  bad_challenge: [{ code: "bad_challenge", fault: "unauthentic" }],
  server_key_mismatch: [
    { code: "server_key_mismatch", expected, received },
    { code: "server_key_mismatch", expected, received, via },
  ],
  refused: [
    { code: "refused", by: "server", alert: 9, publicKey: expected },
    { code: "refused", by: "unauthenticated", alert: 9, publicKey: received },
  ],
  untrusted: [{ code: "untrusted", publicKey: received }],
  hello_refused: [{ code: "hello_refused", alert: 9, message: "" }],
  route_unopened: [{ code: "route_unopened" }],
  bad_response: [{ code: "bad_response", fault: "unauthentic" }],
  wrong_context: [{ code: "wrong_context", received: context, publicKey: client }],
  denied: [
    { code: "denied", alert: 3, message: "" },
    { code: "denied", alert: 1, message: "" },
  ],
  bad_record: [{ code: "bad_record", check: "cipher" }],
  unexpected_record: [{ code: "unexpected_record", type: "accept", state: "Open" }],
  malformed_alert: [{ code: "malformed_alert", check: "body" }],
  alert_received: [{ code: "alert_received", alert: 0x8001, message: "the words that came with it" }],
  timeout: [
    { code: "timeout", what: "handshake", state: "AwaitChallenge" },
    { code: "timeout", what: "handshake", state: "AwaitVerdict" },
    { code: "timeout", what: "liveness", state: "Open" },
  ],
  cancelled: [{ code: "cancelled", alert: 12, message: "" }],
  key_holder_failed: [{ code: "key_holder_failed", cause: new Error("the token was removed") }],
  nonces_exhausted: [{ code: "nonces_exhausted" }],
};
