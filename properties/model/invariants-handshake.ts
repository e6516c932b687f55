import {
  failsInSilence,
  failsSaying,
  goes,
  type Invariant,
  invariant,
  on,
  stays,
} from "./invariants-rule.ts";
import { awaitingVerdict } from "./invariants-vocabulary.ts";

/** What becomes of the handshake's messages, and of the answers of key holders. */
export const handshakeInvariants: readonly Invariant[] = [
  invariant(
    "HS-056 HS-061 HS-063",
    "a client goes on when the Challenge is the expected server's, and asks first when it expects nobody",
    on("challenge.accepted", "AwaitChallenge").is(goes("Responding", "dh")),
    on("challenge.firstUse", "AwaitChallenge").is(goes("Judging", "peerKey")),
  ),
  invariant(
    "HS-055 HS-057 HS-058 HS-059 HS-060",
    "on any other Challenge a client fails, and says nothing to whom it does not trust or who refused it",
    on(
      [
        "challenge.refused",
        "challenge.middlebox",
        "challenge.mismatch",
        "challenge.refusedFirstUse",
        "challenge.bad",
      ],
      "AwaitChallenge",
    ).is(failsInSilence),
  ),
  invariant(
    "HS-073 HS-117",
    "with its key's DH a client sends its Response, and behind it what has waited",
    on("dh.done", "Responding").is(goes("AwaitVerdict", "send.response", "send.queued")),
  ),
  invariant(
    "HS-068 HS-037",
    "without a key holder's DH an end fails before it has said who it is, and says nothing",
    on("dh.failed", ["Responding", "OpeningRoute"]).is(failsInSilence),
  ),
  invariant(
    "HS-100 HS-114 HS-115",
    "an Accept opens the channel, half-closed if the own Close was called for; then goes what has waited",
    on("verdict.accept", "AwaitVerdict").is(goes("Open", "open", "send.queued")),
    on("verdict.accept", "AwaitVerdictClosed").is(goes("HalfClosedLocal", "open", "send.queued")),
  ),
  invariant(
    "HS-099 HS-102",
    "a Verdict that is none is answered by an Alert under the client's transport key",
    on("verdict.bad", awaitingVerdict).is(failsSaying("send.alert:bad_record")),
    on("verdict.unexpected", awaitingVerdict).is(failsSaying("send.alert:unexpected_record")),
  ),
  invariant(
    "HS-007 HS-008",
    "a server says nothing to what is not Hawser",
    on("header.alien", "AwaitHello").is(failsInSilence),
  ),
  invariant(
    "HS-009",
    "to another version, suite or flags a server says which it speaks",
    on("header.unsupported", "AwaitHello").is(failsSaying("send.hint")),
  ),
  invariant(
    "HS-035 RT-010",
    "to open a route a server asks for the DH of its keys, one after the other",
    on("hello.complete", "AwaitHello").is(goes("OpeningRoute", "dh")),
    on("route.next", "OpeningRoute").is(stays("dh")),
  ),
  invariant(
    "HS-036",
    "a DH of zeros ends it without a word",
    on("hello.zero", "OpeningRoute").is(failsInSilence),
  ),
  invariant(
    "RT-011 HS-044 HS-046",
    "a Hello is answered by a Challenge, which may refuse, or its route is shown to who may pass it on",
    on("hello.admit", "OpeningRoute").is(goes("AwaitResponse", "send.challenge")),
    on("hello.refuse", "OpeningRoute").is(failsSaying("send.refusal")),
    on("hello.routed", "OpeningRoute").is(goes("Routing", "route")),
  ),
  invariant(
    "RT-020",
    "who hides tells its application alone, and leaves the transport as it is",
    on("hello.hidden", ["AwaitHello", "OpeningRoute"]).is(goes("Hiding", "failed")),
  ),
  invariant(
    "HS-079 HS-081 HS-082",
    "a Response that authenticates for a served context is shown to the application; any other is told why",
    on("response.ok", "AwaitResponse").is(goes("Deciding", "peerKey")),
    on("response.bad", "AwaitResponse").is(failsSaying("send.verdict.alert:bad_response")),
    on("response.wrongContext", "AwaitResponse").is(failsSaying("send.verdict.alert:wrong_context")),
  ),
];
