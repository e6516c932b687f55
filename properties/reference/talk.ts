/**
 * An end's account of itself, and the part that both roles share: from Open to the last word. What happens after
 * that (draining, late calls) sends and delivers nothing, so it is not in the account.
 */

import { concat, equal, readU16 } from "./primitives.ts";
import {
  type Check,
  type Direction,
  decodeAlert,
  encodeAlert,
  encodePlaintext,
  type Failed,
  lengthIsValid,
  MAX_BODY,
  maySend,
  openRecord,
  type Padding,
  type Parsed,
  sealRecord,
  TYPES,
  type TypeName,
  typeNumber,
} from "./record.ts";
import { type Call, type Clock, type End, type Script, until, whileHolding } from "./timeline.ts";

export const CODES = {
  internal_error: 1,
  bad_response: 2,
  not_authorized: 3,
  no_route: 4,
  bad_record: 5,
  unexpected_record: 6,
  timeout: 7,
  going_away: 8,
  busy: 9,
  wrong_context: 10,
  unreachable: 11,
  cancelled: 12,
} as const;

/** Why a connection failed: the event that ended it, under its name in spec/states.md, or `configuration`. */
export interface Failure {
  readonly event: string;
  /** What the peer said: the code and words of its Alert, or the code of its Challenge. */
  readonly code?: number;
  readonly message?: string;
  /** Which check of a bad record failed. */
  readonly check?: Check;
}

export type Outcome =
  | { readonly state: "waiting"; readonly where: string }
  | { readonly state: "closed" }
  | { readonly state: "forwarded"; readonly to: Uint8Array }
  | ({ readonly state: "failed" } & Failure);

/** What one end did and learned. `sent` and `delivered` are pieces to be joined. */
export interface Account {
  sent: Uint8Array[];
  delivered: Uint8Array[];
  /** The end told its transport that nothing more comes, before or without closing it. */
  halfClosed: boolean;
  /** The code of the own Alert, or of the own refusing Challenge. */
  alerted: number | null;
  peerKey: Uint8Array | null;
  context: Uint8Array | null;
  opened: boolean;
  /** The peer's Close was received: what was delivered is all that there is. */
  peerClosed: boolean;
  pongs: number;
  /** The calls that were refused as misuse, with no effect. */
  misused: Call[];
  /** h after the third message, and the exporter's secret; known once the handshake's bytes are complete. */
  h3: Uint8Array | null;
  exporter: Uint8Array | null;
  outcome: Outcome;
}

export const blank = (where: string): Account => ({
  sent: [],
  delivered: [],
  halfClosed: false,
  alerted: null,
  peerKey: null,
  context: null,
  opened: false,
  peerClosed: false,
  pongs: 0,
  misused: [],
  h3: null,
  exporter: null,
  outcome: { state: "waiting", where },
});

export const sentBytes = (account: Account): Uint8Array => concat(...account.sent);
export const deliveredBytes = (account: Account): Uint8Array => concat(...account.delivered);

/** Ends the account: nothing is sent (or nothing more). */
export function fail(account: Account, failure: Failure): Account {
  account.outcome = { state: "failed", ...failure };
  return account;
}

export function waiting(account: Account, where: string): Account {
  account.outcome = { state: "waiting", where };
  return account;
}

/** The own direction once there is a key for it. */
export interface Sender {
  direction: Direction;
  readonly padding: Padding;
  closed: boolean;
}

/** What a record with such a body takes on the wire. */
export const wireLength = (sender: Sender, body: number): number => 18 + sender.padding(3 + body);

/** False when the nonces are used up for this type of record. */
export function send(account: Account, sender: Sender, type: TypeName, body: Uint8Array): boolean {
  if (!maySend(sender.direction, type)) return false;
  const plaintext = encodePlaintext(typeNumber(type), body, sender.padding(3 + body.length));
  const sealed = sealRecord(sender.direction, plaintext);
  account.sent.push(sealed.wire);
  sender.direction = sealed.next;
  return true;
}

/** Data records for a call's bytes, the largest first. False when the nonces are used up. */
export function sendData(account: Account, sender: Sender, data: Uint8Array): boolean {
  for (let at = 0; at < data.length; at += MAX_BODY) {
    if (!send(account, sender, "Data", data.slice(at, at + MAX_BODY))) return false;
  }
  return true;
}

/** The last word: an Alert under the transport key, then half-close and drain. Without a nonce left, silence (RC-052). */
export function failWithAlert(
  account: Account,
  sender: Sender,
  code: number,
  message: string,
  failure: Failure,
): Account {
  if (!send(account, sender, "Alert", encodeAlert(code, message))) {
    return fail(account, { event: "nonce.none" });
  }
  account.halfClosed = true;
  account.alerted = code;
  return fail(account, failure);
}

/** A received record that failed a check: an Alert `bad_record`, or silence where one must not be sent. */
export function failOnRecord(
  account: Account,
  sender: Sender,
  bad: Failed,
  name: "record" | "verdict",
): Account {
  if (bad.failed === "nonce") return fail(account, { event: "nonce.none" });
  if (bad.alert) return fail(account, { event: `${name}.malformedAlert`, check: bad.failed });
  return failWithAlert(account, sender, CODES.bad_record, "", { event: `${name}.bad`, check: bad.failed });
}

/** A record's whole length on the wire once its 2 bytes are in, or `bad` when no record has it. */
export function wholeRecord(input: Uint8Array, at: number): number | "bad" {
  const length = readU16(input, at);
  return lengthIsValid(length) ? 2 + length : "bad";
}

export const lengthFailed: Failed = { failed: "length", alert: false };

/**
 * Open and everything after it. `at`: where the peer's first transport record begins in the input. Stops at the
 * last word of either side, or when nothing else will happen.
 */
export function talk(
  account: Account,
  script: Script,
  clock: Clock,
  at: number,
  sender: Sender,
  receiving: Direction,
): Account {
  let position = at;
  let receiver = receiving;
  let ping: Uint8Array | null = null;
  let pongOwed = false;
  let transportEnded = false;
  account.opened = true;

  /** The next nonce is kept for an Alert or a Close, or there is no more. */
  const noncesSpent = () => {
    if (!maySend(sender.direction, "Alert")) return fail(account, { event: "nonce.none" });
    return failWithAlert(account, sender, CODES.internal_error, "", { event: "nonce.last" });
  };

  for (;;) {
    if (account.peerClosed && sender.closed) {
      account.halfClosed = true;
      account.outcome = { state: "closed" };
      return account;
    }

    // What comes next: a record's length, then the rest of that record; after the peer's end, only calls.
    let next: Call | End | "bytes" | "never";
    let wire: Uint8Array = new Uint8Array(0);
    if (transportEnded) {
      next = whileHolding(script, clock);
    } else {
      next = until(script, clock, position + 2);
      if (next === "bytes") {
        const size = wholeRecord(script.input, position);
        if (size === "bad") return failOnRecord(account, sender, lengthFailed, "record");
        next = until(script, clock, position + size);
        if (next === "bytes") wire = script.input.slice(position, position + size);
      }
    }

    if (next === "never") {
      const where = account.peerClosed ? "HalfClosedRemote" : sender.closed ? "HalfClosedLocal" : "Open";
      return waiting(account, where);
    }

    if (next === "eof" || next === "reset") {
      const atBoundary = position === script.input.length;
      if (next === "eof" && atBoundary && account.peerClosed) {
        transportEnded = true;
        ping = null;
        continue;
      }
      return fail(account, { event: next === "eof" && !atBoundary ? "eof.partial" : next });
    }

    if (next !== "bytes") {
      switch (next.call) {
        case "write":
          if (sender.closed) account.misused.push(next);
          else if (!sendData(account, sender, next.data)) return noncesSpent();
          continue;
        case "close":
          // A second one has no effect.
          if (sender.closed) continue;
          if (!send(account, sender, "Close", new Uint8Array(0)))
            return fail(account, { event: "nonce.none" });
          sender.closed = true;
          continue;
        case "ping":
          if (ping !== null || transportEnded) account.misused.push(next);
          else if (!send(account, sender, "Ping", next.bytes)) return noncesSpent();
          else ping = next.bytes;
          continue;
        case "flushed":
          pongOwed = false;
          continue;
        case "alert":
          return failWithAlert(account, sender, next.code, next.message, { event: "alert" });
        case "deadline":
          if (transportEnded) continue;
          return failWithAlert(account, sender, CODES.timeout, "", { event: "time.liveness" });
        default:
          account.misused.push(next);
          continue;
      }
    }

    const record = openRecord(receiver, wire);
    if ("failed" in record) return failOnRecord(account, sender, record, "record");
    receiver = record.next;
    position += wire.length;
    const unexpected = (event: string) =>
      failWithAlert(account, sender, CODES.unexpected_record, "", { event });

    switch (TYPES[record.type] as TypeName) {
      case "Data":
        if (account.peerClosed) return unexpected("record.data");
        account.delivered.push(record.body);
        break;
      case "Alert":
        return fail(account, alertReceived(record, "record.alert"));
      case "Accept":
        return unexpected("record.accept");
      case "Close":
        if (account.peerClosed) return unexpected("record.close");
        account.peerClosed = true;
        break;
      case "Ping":
        if (pongOwed) return unexpected("record.pingExcess");
        if (!send(account, sender, "Pong", record.body)) return noncesSpent();
        pongOwed = true;
        break;
      case "Pong":
        if (ping === null || !equal(ping, record.body)) return unexpected("record.pongUnexpected");
        ping = null;
        account.pongs++;
        break;
    }
  }
}

export function alertReceived(record: Parsed, event: string): Failure {
  const alert = decodeAlert(record.body);
  if (alert === null) throw new Error("an Alert that was not parsed");
  return { event, code: alert.code, message: alert.message };
}
