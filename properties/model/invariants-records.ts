import {
  failsInSilence,
  failsSaying,
  goes,
  type Invariant,
  invariant,
  on,
  stays,
} from "./invariants-rule.ts";
import { awaitingVerdict, opened } from "./invariants-vocabulary.ts";

/** What becomes of records in an open channel, and of Alerts, wherever they come. */
export const recordInvariants: readonly Invariant[] = [
  invariant(
    "RC-026 RC-030",
    "data is delivered until its Close, and is unexpected after it",
    on("record.data", ["Open", "HalfClosedLocal"]).is(stays("data")),
    on("record.data", "HalfClosedRemote").is(failsSaying("send.alert:unexpected_record")),
  ),
  invariant(
    "RC-028 RC-030 RC-035",
    "the peer's Close ends its direction; the second of both ends the connection; a third is unexpected",
    on("record.close", "Open").is(goes("HalfClosedRemote", "end")),
    on("record.close", "HalfClosedLocal").is(goes("Closing", "end", "closed", "endTransport")),
    on("record.close", "HalfClosedRemote").is(failsSaying("send.alert:unexpected_record")),
  ),
  invariant(
    "RC-037 RC-044 RC-046",
    "a Ping is answered, and its Pong told, after either Close too",
    on("record.ping", opened).is(stays("send.pong")),
    on("record.pong", opened).is(stays("pong")),
  ),
  invariant(
    "RC-020 RC-027 RC-043 RC-044",
    "a record that its state does not allow is answered by unexpected_record",
    on(["record.accept", "record.pingExcess", "record.pongUnexpected"], opened).is(
      failsSaying("send.alert:unexpected_record"),
    ),
  ),
  invariant(
    "RC-019",
    "a record that does not authenticate or parse is answered by bad_record",
    on("record.bad", opened).is(failsSaying("send.alert:bad_record")),
  ),
  invariant(
    "AL-021 AL-022 AL-030 HS-101",
    "an Alert received ends the channel: reported, failed, transport closed, nothing sent",
    on("record.alert", opened).is(goes("Failed", "alert", "failed", "closeTransport")),
    on("verdict.alert", awaitingVerdict).is(goes("Failed", "alert", "failed", "closeTransport")),
  ),
  invariant(
    "AL-013 AL-024",
    "a malformed Alert is not answered either",
    on("record.malformedAlert", opened).is(failsInSilence),
    on("verdict.malformedAlert", awaitingVerdict).is(failsInSilence),
  ),
  invariant(
    "RC-006 RC-007",
    "the last nonce is spent on the Alert that says so; without one an end fails in silence",
    on("nonce.last", opened).is(failsSaying("send.alert:internal_error")),
    on("nonce.none", opened).is(failsInSilence),
  ),
];
