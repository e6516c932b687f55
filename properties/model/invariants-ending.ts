import {
  failsInSilence,
  failsSaying,
  goes,
  type Invariant,
  invariant,
  nothing,
  on,
  stays,
} from "./invariants-rule.ts";
import {
  awaitingVerdict,
  beforeChallenge,
  beforeResponse,
  beforeVerdict,
  draining,
  ended,
  opened,
  terminal,
  waiting,
} from "./invariants-vocabulary.ts";

/** Input that no message is made of, the end of the transport, and what the clock brings. */
export const endingInvariants: readonly Invariant[] = [
  invariant(
    "ST-008 HS-088",
    "what comes while something is waited for is kept unopened",
    on("input", waiting).is(stays("hold")),
  ),
  invariant(
    "ST-027 AL-023 HS-089 RT-020",
    "what comes after the end is dropped unopened, and a middlebox passes it on",
    on("input", [...draining, ...ended, "Hiding"]).is(stays("drop")),
    on("input", "Forwarded").is(stays("forward")),
  ),
  invariant(
    "ST-023",
    "a connection on which no byte came is closed without an error",
    on("eof", "AwaitHello").is(goes("Closed", "closed", "closeTransport")),
  ),
  invariant(
    "ST-024 ST-014",
    "any other end of the transport before a Challenge is a failure, and nothing is sent",
    on("eof.partial", "AwaitHello").is(failsInSilence),
    on(["eof", "eof.partial"], ["OpeningRoute", "Routing"]).is(failsInSilence),
    on("reset", beforeChallenge).is(failsInSilence),
  ),
  invariant(
    "ST-025",
    "a client that goes away where its Response is awaited has abandoned the connection",
    on(["eof", "eof.partial", "reset"], "AwaitResponse").is(failsInSilence),
  ),
  invariant(
    "ST-013 ST-015",
    "while a server decides, the end of file is judged later, in its place; a reset ends it at once",
    on(["eof", "eof.partial"], "Deciding").is(stays("remember")),
    on("reset", "Deciding").is(failsInSilence),
  ),
  invariant(
    "ST-026 HS-011 HS-012",
    "the end of file in the place of the Challenge is a failure, a hint too",
    on(["eof", "eof.partial"], ["Start", "AwaitChallenge"]).is(failsInSilence),
    on("eof.hint", "AwaitChallenge").is(failsInSilence),
  ),
  invariant(
    "ST-012",
    "while a client waits for its application or its key, the end of file cuts it short, unless input is held",
    on("eof", ["Judging", "Responding"]).is(failsInSilence),
    on("eof.partial", ["Judging", "Responding"]).is(stays("remember")),
  ),
  invariant(
    "ST-015 HS-104",
    "a reset before the Verdict, and any end of the transport in its place, is a failure and no refusal",
    on("reset", beforeResponse).is(failsInSilence),
    on(["eof", "eof.partial", "reset"], awaitingVerdict).is(failsInSilence),
  ),
  invariant(
    "RC-032 RC-033 RC-034",
    "the end of the transport is a truncation, except an end of file between records after the peer's Close",
    on(["eof", "eof.partial"], ["Open", "HalfClosedLocal"]).is(failsInSilence),
    on("eof", "HalfClosedRemote").is(stays("remember")),
    on("eof.partial", "HalfClosedRemote").is(failsInSilence),
    on("reset", opened).is(failsInSilence),
  ),
  invariant(
    "ST-028 ST-031",
    "draining ends with a reset, at its deadline, or when both are done; in Closed after a clean end, else in Failed",
    on(["reset", "time.drain", "drained"], "Closing").is(goes("Closed", "closeTransport")),
    on(["reset", "time.drain", "drained"], "Draining").is(goes("Failed", "closeTransport")),
    on("eof", draining).is(stays("remember")),
  ),
  invariant(
    "ST-006",
    "whatever the transport does after the end changes nothing",
    on(["eof", "reset"], terminal).is(nothing),
  ),
  invariant(
    "RT-020 RT-022",
    "who hides closes the transport at the deadline or when the peer does, and says no more",
    on(["eof", "reset", "time.handshake"], "Hiding").is(goes("Failed", "closeTransport")),
  ),
  invariant(
    "HS-120 HS-121",
    "a handshake that takes too long ends in silence before an end has shown who it is",
    on("time.handshake", ["AwaitChallenge", "Judging", "Responding", ...beforeChallenge]).is(failsInSilence),
  ),
  invariant(
    "HS-095 HS-120",
    "afterwards the timeout is said: by a server as its Verdict, by a client under its transport key",
    on("time.handshake", beforeVerdict).is(failsSaying("send.verdict.alert:timeout")),
    on("time.handshake", awaitingVerdict).is(failsSaying("send.alert:timeout")),
  ),
  invariant(
    "RC-047",
    "a silent peer is asked for a sign of life, then given up, and told so",
    on("time.ping", opened).is(stays("send.ping")),
    on("time.liveness", opened).is(failsSaying("send.alert:timeout")),
  ),
];
