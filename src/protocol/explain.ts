import type { Failure, Reason } from "./failure.ts";
import type { State } from "./machine/table.ts";
import { alertName, escapeMessage } from "./record/alert.ts";
import { alertCodes } from "./record/alert-codes.ts";
import type { RecordCheck } from "./record/plaintext.ts";

/** A failure in words. Nothing in them is secret, and what a peer said is escaped. */
export interface Explanation {
  readonly happened: string;
  readonly expected: string;
  /** What whoever meets the failure can do about it. */
  readonly advice: string;
}

/**
 * Says what happened, what was expected, and what to do.
 *
 * @param printKey how public keys are shown; hexadecimal unless given
 */
export function explainFailure(
  failure: Failure,
  printKey: (publicKey: Uint8Array) => string = hexadecimal,
): Explanation {
  const [happened, expected, advice] = explain(failure.reason, printKey);
  return { happened, expected, advice };
}

type Words = readonly [happened: string, expected: string, advice: string];

function explain(reason: Reason, key: (publicKey: Uint8Array) => string): Words {
  switch (reason.code) {
    case "not_hawser": {
      const other = reason.protocol ?? `something else (first bytes ${hexadecimal(reason.bytes)})`;
      return [
        `The peer speaks ${other}, not Hawser.`,
        "Hawser's handshake.",
        "Check host and port at both ends.",
      ];
    }
    case "unsupported_header": {
      const { version, suite, flags } = reason.peer;
      return [
        `The client asks for version ${version}, suite ${suite}, flags ${flags}.`,
        "Version 1, suite 1, flags 0.",
        "Bring both ends to releases that speak one version; nobody falls back by itself.",
      ];
    }
    case "hint":
      return reason.same
        ? [
            "The peer sent back this side's own header and ended: the Hello was altered on the way, or refused. Nothing authenticates this.",
            "A Challenge.",
            "Look for a proxy that changes bytes, and at the server's log.",
          ]
        : [
            `The peer says that it speaks version ${reason.peer.version}, suite ${reason.peer.suite}. Nothing authenticates this.`,
            "Version 1, suite 1.",
            "Bring both ends to releases that speak one version; nobody falls back by itself.",
          ];
    case "no_answer":
      return [
        "The peer ended the connection without a word.",
        "A Challenge.",
        "The server may be in stealth mode and not have the via key used here, may not speak Hawser, or may have been too busy: check the key, host and port.",
      ];
    case "truncated":
      return [
        `The transport ended in state ${reason.state}, before the peer said that it was done${causeOf(reason.cause)}.`,
        firstWords[reason.state] ?? "A Close or an Alert from the peer.",
        remains(reason.state),
      ];
    case "abandoned":
      return [
        `The client went away during the handshake${causeOf(reason.cause)}.`,
        "The client's Response.",
        "It may have rejected this server's key, or only asked for it (a first contact): compare the key it expects with this server's.",
      ];
    case "zero_dh":
      return [
        "The client sent a low-order point as its key.",
        "An X25519 public key.",
        "No honest client does so: the peer is broken or an attacker.",
      ];
    case "bad_challenge":
      return [
        "The server's answer does not authenticate.",
        "A Challenge made for this connection's Hello.",
        "The peer may be no Hawser server: check host and port. If it is one, something on the way changes bytes.",
      ];
    case "server_key_mismatch":
      return [
        `The server's key is ${key(reason.received)}.`,
        `The key ${key(reason.expected)}.`,
        reason.via === undefined
          ? "This is another server, or an impostor: nothing about this client was shown to it. If the server has a new key, get that key from its owner by a way you trust."
          : `The middlebox (via key ${key(reason.via)}) led to another server, or this is an impostor: nothing about this client was shown to it. Ask whoever runs the middlebox where it leads.`,
      ];
    case "refused":
      return [
        `${refuser[reason.by]} refused the connection: ${alert(reason.alert)}.`,
        "A Challenge with code 0.",
        reason.by === "unauthenticated"
          ? "Anybody on the way could have said so, as no server key was expected: try again, with the server's key if you know it."
          : "Try again later, or ask whoever runs it.",
      ];
    case "untrusted":
      return [
        `The server's key ${key(reason.publicKey)} was not trusted.`,
        "A trusted key.",
        "Compare it with the key that the server's owner names.",
      ];
    case "hello_refused":
      return [
        `The client was refused before it showed who it is: ${alert(reason.alert)}.`,
        "A Hello that this server serves.",
        reason.alert === alertCodes.busy || reason.alert === alertCodes.going_away
          ? "Nothing, if that was meant: it is a limit of this server's, or its end."
          : "If it should have been served, check this server's keys and routes.",
      ];
    case "route_unopened":
      return [
        "The client does not know this server's via key; nothing was sent (stealth mode).",
        "A route to one of this server's keys.",
        "An honest client needs this server's present key.",
      ];
    case "bad_response":
      return [
        "The client's Response does not authenticate.",
        "A Response made for this connection.",
        "Something on the way changes bytes, or the client is broken.",
      ];
    case "wrong_context":
      return [
        `The client wants the context ${context(reason.received)}.`,
        "A context that this server serves.",
        "Name the same context at both ends.",
      ];
    case "denied":
      return [
        `The client was not let in: ${alert(reason.alert)}${words(reason.message)}.`,
        "A client that is let in.",
        reason.alert === alertCodes.internal_error
          ? "The decision failed, and was none: its error is the cause of this one, where there is one."
          : "If it should be let in, add its key to those that are authorized.",
      ];
    case "bad_record":
      return [
        `A record is not as it should be: ${faults[reason.check]}.`,
        "A record that authenticates and parses.",
        "Bytes were changed, lost or repeated on the way, or the peer is broken; connect anew.",
      ];
    case "unexpected_record":
      return [
        `A record of type ${reason.type} came in state ${reason.state}.`,
        "A record that the state allows.",
        "The peer is broken: report it to whoever makes it.",
      ];
    case "malformed_alert":
      return [
        `The peer's Alert is not as it should be: ${faults[reason.check]}.`,
        "An Alert with a code and a message in UTF-8.",
        "The peer is broken: report it to whoever makes it.",
      ];
    case "alert_received":
      return [
        `The peer ended the connection: ${alert(reason.alert)}${words(reason.message)}.`,
        refusals.has(reason.alert) ? "To be let in." : "The peer's Close.",
        alertAdvice[reason.alert] ?? "The reason is the peer's; what it sent before is complete up to here.",
      ];
    case "timeout":
      return reason.what === "handshake"
        ? [
            `The handshake was not over by its deadline (state ${reason.state}).`,
            "A handshake within the deadline.",
            reason.state === "AwaitChallenge"
              ? `${strangeServer} A server in stealth mode answers only who knows its key. Raise the deadline if the path is slow.`
              : "The peer or the path is too slow; raise the deadline if it should be.",
          ]
        : [
            "The peer has been silent for longer than liveness allows.",
            "A sign of life.",
            "The peer or the path is gone, or its application does not read; connect anew.",
          ];
    case "cancelled":
      return [
        `This side gave up: ${alert(reason.alert)}${words(reason.message)}.`,
        "The connection's end.",
        "Nothing, if that was meant.",
      ];
    case "key_holder_failed":
      return [
        `The long-term key could not be used${causeOf(reason.cause)}.`,
        "A DH from the key holder.",
        "Look at the process or token that holds the key.",
      ];
    case "nonces_exhausted":
      return ["This connection has used up its nonces.", "Fewer than 2^64 records.", "Connect anew."];
  }
}

/** What comes first from the other end, by the state that waits for it. */
const firstWords: Readonly<Partial<Record<State, string>>> = {
  AwaitChallenge: "A Challenge.",
  AwaitHello: "A Hello.",
};

const strangeServer =
  "What listens there may be no Hawser server: check host and port, and look at the server's log.";

/** Which of a record's checks failed, in words. */
const faults: Readonly<Record<RecordCheck, string>> = {
  length: "no record has its length",
  cipher: "it does not authenticate",
  type: "there is no such type",
  size: "its content does not fit in it",
  padding: "its padding is not all zeros",
  body: "its content is not what its type wants",
};

/** Alerts that a server answers a Response with. */
const refusals: ReadonlySet<number> = new Set([
  alertCodes.bad_response,
  alertCodes.not_authorized,
  alertCodes.wrong_context,
  alertCodes.busy,
]);

const changedOnTheWay =
  "What this side sent did not arrive as it was sent: something on the way changes bytes, or an end is broken. Connect anew.";

/** What to do about an alert that has a remedy on this side. */
const alertAdvice: Readonly<Record<number, string>> = {
  [alertCodes.internal_error]: "The fault is on the peer's side: look at its log.",
  [alertCodes.bad_response]: changedOnTheWay,
  [alertCodes.bad_record]: changedOnTheWay,
  [alertCodes.unexpected_record]: "An end is broken: report it to whoever makes it.",
  [alertCodes.not_authorized]: "Give the server's owner this client's public key, to be authorized.",
  [alertCodes.wrong_context]: "Name a context that the server serves.",
  [alertCodes.busy]: "Try again later.",
  [alertCodes.going_away]: "Connect again; the server is shutting down.",
  [alertCodes.no_route]:
    "The middlebox knows no server with that key: check the server's key and the via key.",
  [alertCodes.unreachable]: "The server behind the middlebox is away: try again later.",
  [alertCodes.cancelled]:
    "A person or a program at the other end gave up. What it sent before is complete up to here.",
  [alertCodes.timeout]:
    "The peer waited too long for this side: look for a slow path, a slow key holder or a long decision.",
};

/** What a transport that ended in a state leaves behind, and what to do about it. */
function remains(state: State): string {
  switch (state) {
    case "Open":
    case "HalfClosedLocal":
      return "What was delivered is genuine and may be incomplete: treat it as cut off. Look for a crash, a time-out or a broken path at the other end.";
    case "HalfClosedRemote":
      return "All that the peer sent is here; how much of what this side sent has arrived is not known. Look for a crash, a time-out or a broken path at the other end.";
    case "AwaitChallenge":
      return `Nothing was delivered. ${strangeServer}`;
    default:
      return "Nothing was delivered. Check that the other end runs and can be reached, and look at its log.";
  }
}

const refuser = {
  server: "The server",
  middlebox: "The middlebox",
  unauthenticated: "Whoever answered",
} as const;

function alert(code: number): string {
  const name = alertName(code);
  return name === undefined || name === "application" ? `alert 0x${code.toString(16)}` : name;
}

function words(message: string): string {
  return message === "" ? "" : `, in its words "${escapeMessage(message)}"`;
}

function context(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...bytes.subarray(0, end === -1 ? bytes.length : end));
  return /^[\x21-\x7e]+$/.test(name) ? `"${name}"` : name === "" ? "(none)" : hexadecimal(bytes);
}

function causeOf(cause: unknown): string {
  return cause instanceof Error ? ` (${escapeMessage(cause.message)})` : "";
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
