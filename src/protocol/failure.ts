import type { HeaderFields } from "./handshake/header.ts";
import type { State } from "./machine/table.ts";
import type { RecordCheck, RecordType } from "./record/plaintext.ts";

/** Who is at fault, as far as can be told: the peer, this side's own doing, or the transport between. */
export type Origin = "peer" | "local" | "transport";

/**
 * Why a channel is over, one object a reason. `code` is stable. Nothing in it is secret; keys are public keys, 32
 * bytes; `alert` is an alert code; `cause` is what the transport or the key holder gave.
 */
export type Reason =
  /** The first bytes are not Hawser's; `protocol` names another one that they plainly are. */
  | { readonly code: "not_hawser"; readonly bytes: Uint8Array; readonly protocol: string | undefined }
  /** Server: a header with a version, suite or flags that are not spoken; the hint was sent. */
  | { readonly code: "unsupported_header"; readonly peer: HeaderFields }
  /** Client: the peer answered with its header alone. Nothing authenticates it; `same` is "altered on the way, or refused". */
  | { readonly code: "hint"; readonly peer: HeaderFields; readonly same: boolean }
  /** Client: end of file where the Challenge should begin. */
  | { readonly code: "no_answer" }
  /** The transport ended before the peer said that it was done. */
  | { readonly code: "truncated"; readonly state: State; readonly cause?: unknown }
  /** Server: the client went away before its Response; it may have rejected the server's key. */
  | { readonly code: "abandoned"; readonly cause?: unknown }
  /** A DH with the peer's key is all zeros: a low-order point. */
  | { readonly code: "zero_dh" }
  | { readonly code: "bad_challenge"; readonly fault: "zero" | "unauthentic" }
  /** Client: not the expected server. `via` is the middlebox's key where one was configured. */
  | {
      readonly code: "server_key_mismatch";
      readonly expected: Uint8Array;
      readonly received: Uint8Array;
      readonly via?: Uint8Array;
    }
  /** Client: a Challenge with a code. On first use nobody vouches for it (`unauthenticated`). */
  | {
      readonly code: "refused";
      readonly by: "server" | "middlebox" | "unauthenticated";
      readonly alert: number;
      readonly publicKey: Uint8Array;
    }
  /** Client: the application did not trust the server's key. */
  | { readonly code: "untrusted"; readonly publicKey: Uint8Array }
  /** Server: a refusing Challenge was sent. */
  | { readonly code: "hello_refused"; readonly alert: number; readonly message: string }
  /** Server, stealth: the route does not open. */
  | { readonly code: "route_unopened" }
  | { readonly code: "bad_response"; readonly fault: "zero" | "unauthentic" }
  | { readonly code: "wrong_context"; readonly received: Uint8Array; readonly publicKey: Uint8Array }
  /** Server: the application did not let the client in. */
  | { readonly code: "denied"; readonly alert: number; readonly message: string }
  | { readonly code: "bad_record"; readonly check: RecordCheck }
  | { readonly code: "unexpected_record"; readonly type: RecordType; readonly state: State }
  | { readonly code: "malformed_alert"; readonly check: RecordCheck }
  /** The peer's Alert. Its words are as received: escape them where they are shown. */
  | { readonly code: "alert_received"; readonly alert: number; readonly message: string }
  | { readonly code: "timeout"; readonly what: "handshake" | "liveness"; readonly state: State }
  /** This side gave up. */
  | { readonly code: "cancelled"; readonly alert: number; readonly message: string }
  | { readonly code: "key_holder_failed"; readonly cause: unknown }
  | { readonly code: "nonces_exhausted" };

export type FailureCode = Reason["code"];

/** A channel's end, other than a clean one. */
export interface Failure {
  readonly code: FailureCode;
  readonly origin: Origin;
  /** The ID of the requirement in `spec/` that the decision follows. */
  readonly requirement: string;
  /** What is known of it, by code. */
  readonly reason: Reason;
  /** The alert that was sent because of it, if one was. */
  readonly alertSent?: number;
}

const sources: Readonly<Record<FailureCode, readonly [Origin, requirement: string]>> = {
  not_hawser: ["peer", "HS-008"],
  unsupported_header: ["peer", "HS-009"],
  hint: ["peer", "HS-012"],
  no_answer: ["transport", "ST-026"],
  truncated: ["transport", "RC-033"],
  abandoned: ["peer", "ST-025"],
  zero_dh: ["peer", "HS-036"],
  bad_challenge: ["peer", "HS-055"],
  server_key_mismatch: ["peer", "HS-059"],
  refused: ["peer", "HS-047"],
  untrusted: ["local", "HS-062"],
  hello_refused: ["local", "RT-011"],
  route_unopened: ["peer", "RT-020"],
  bad_response: ["peer", "HS-079"],
  wrong_context: ["peer", "HS-081"],
  denied: ["local", "HS-084"],
  bad_record: ["peer", "RC-019"],
  unexpected_record: ["peer", "RC-020"],
  malformed_alert: ["peer", "AL-024"],
  alert_received: ["peer", "AL-021"],
  timeout: ["peer", "HS-119"],
  cancelled: ["local", "AL-015"],
  key_holder_failed: ["local", "HS-068"],
  nonces_exhausted: ["local", "RC-006"],
};

/** A reason with who is at fault and what the spec says of it. */
export function failureOf(reason: Reason, alertSent: number | undefined): Failure {
  const { code } = reason;
  const [origin] = sources[code];
  const failure = { code, origin, requirement: requirementOf(reason), reason };
  return alertSent === undefined ? failure : { ...failure, alertSent };
}

function requirementOf(reason: Reason): string {
  if (reason.code === "not_hawser" && reason.protocol !== undefined) return "HS-015";
  if (reason.code === "timeout" && reason.what === "liveness") return "RC-047";
  return sources[reason.code][1];
}
