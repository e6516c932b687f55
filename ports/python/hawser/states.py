"""The life cycle as a table: role, state and event give the next state and the outputs (states.md, ST-001).

A line reads `events -> NextState outputs`; without a capitalised word the state stays. What no line names is misuse
when it is a call, nothing for `flushed` and `dh.late`, and otherwise a fault in the code (ST-002).
"""

from __future__ import annotations

_ENDED = "close alert eof reset ->"
_DRAINING = """
    close alert ->
    time.drain reset drained -> {0} closeTransport
    input -> drop
    eof -> remember"""
_RECORDS = """
    alert -> Draining send.alert failed endTransport
    ping time.ping -> send.ping
    time.liveness -> Draining send.alert:timeout failed endTransport
    eof.partial reset record.malformedAlert nonce.none -> Failed failed closeTransport
    record.alert -> Failed alert failed closeTransport
    record.accept record.pingExcess record.pongUnexpected -> Draining send.alert:unexpected_record failed endTransport
    record.ping -> send.pong
    record.pong -> pong
    record.bad -> Draining send.alert:bad_record failed endTransport
    nonce.last -> Draining send.alert:internal_error failed endTransport"""
_VERDICT = """
    alert -> Draining send.alert failed endTransport
    time.handshake -> Draining send.alert:timeout failed endTransport
    eof eof.partial reset verdict.malformedAlert -> Failed failed closeTransport
    verdict.alert -> Failed alert failed closeTransport
    verdict.unexpected -> Draining send.alert:unexpected_record failed endTransport
    verdict.bad -> Draining send.alert:bad_record failed endTransport"""

_BOTH = {
    "Open": _RECORDS + """
    write -> send.data
    close -> HalfClosedLocal send.close
    eof -> Failed failed closeTransport
    record.data -> data
    record.close -> HalfClosedRemote end""",
    "HalfClosedLocal": _RECORDS + """
    close ->
    eof -> Failed failed closeTransport
    record.data -> data
    record.close -> Closing end closed endTransport""",
    "HalfClosedRemote": _RECORDS + """
    write -> send.data
    close -> Closing send.close closed endTransport
    eof -> remember
    record.data record.close -> Draining send.alert:unexpected_record failed endTransport""",
    "Closing": _DRAINING.format("Closed"),
    "Draining": _DRAINING.format("Failed"),
    "Closed": _ENDED + "\n input -> drop",
    "Failed": _ENDED + "\n input -> drop",
}
_CLIENT = {
    "Start": """
    start -> AwaitChallenge send.hello
    write -> queue
    close alert eof eof.partial reset -> Failed failed closeTransport
    input -> hold""",
    "AwaitChallenge": """
    write -> queue
    close alert time.handshake eof eof.partial eof.hint reset -> Failed failed closeTransport
    challenge.refused challenge.middlebox challenge.mismatch -> Failed failed closeTransport
    challenge.refusedFirstUse challenge.bad -> Failed failed closeTransport
    challenge.accepted -> Responding dh
    challenge.firstUse -> Judging peerKey""",
    "Judging": """
    trust -> Responding dh
    reject close alert time.handshake eof reset -> Failed failed closeTransport
    write -> queue
    input -> hold
    eof.partial -> remember""",
    "Responding": """
    write -> queue
    close alert dh.failed time.handshake eof reset -> Failed failed closeTransport
    dh.done -> AwaitVerdict send.response send.queued
    input -> hold
    eof.partial -> remember""",
    "AwaitVerdict": _VERDICT + """
    write -> send.early
    close -> AwaitVerdictClosed send.close
    verdict.accept -> Open open send.queued""",
    "AwaitVerdictClosed": _VERDICT + """
    close ->
    verdict.accept -> HalfClosedLocal open send.queued""",
}
_SERVER = {
    "AwaitHello": """
    refuse -> refuse.later
    alert time.handshake eof.partial reset header.alien -> Failed failed closeTransport
    eof -> Closed closed closeTransport
    header.unsupported -> Draining send.hint failed endTransport
    hello.complete -> OpeningRoute dh
    hello.hidden -> Hiding failed""",
    "OpeningRoute": """
    refuse -> refuse.later
    alert dh.failed time.handshake eof eof.partial reset hello.zero -> Failed failed closeTransport
    input -> hold
    route.next -> dh
    hello.admit -> AwaitResponse send.challenge
    hello.refuse -> Draining send.refusal failed endTransport
    hello.routed -> Routing route
    hello.hidden -> Hiding failed""",
    "Routing": """
    refuse -> Draining send.refusal failed endTransport
    forward -> Forwarded forward
    alert time.handshake eof eof.partial reset -> Failed failed closeTransport
    input -> hold""",
    "Forwarded": _ENDED + "\n input -> forward",
    "Hiding": """
    close ->
    alert time.handshake eof reset -> Failed closeTransport
    input -> drop""",
    "AwaitResponse": """
    refuse alert -> Draining send.verdict.alert failed endTransport
    time.handshake -> Draining send.verdict.alert:timeout failed endTransport
    eof eof.partial reset -> Failed failed closeTransport
    response.ok -> Deciding peerKey
    response.wrongContext -> Draining send.verdict.alert:wrong_context failed endTransport
    response.bad -> Draining send.verdict.alert:bad_response failed endTransport""",
    "Deciding": """
    accept -> Open send.verdict.accept open
    refuse alert -> Draining send.verdict.alert failed endTransport
    time.handshake -> Draining send.verdict.alert:timeout failed endTransport
    input -> hold
    eof eof.partial -> remember
    reset -> Failed failed closeTransport""",
}

Cell = tuple[str, tuple[str, ...]]


def _parse(role: dict[str, str]) -> dict[str, dict[str, Cell]]:
    table: dict[str, dict[str, Cell]] = {}
    for state, text in (role | _BOTH).items():
        cells = table[state] = {}
        for line in filter(str.strip, text.splitlines()):
            events, _, right = line.partition("->")
            outputs = right.split()
            target = outputs.pop(0) if outputs and outputs[0][0].isupper() else state
            cells.update((event, (target, tuple(outputs))) for event in events.split())
    return table


TABLE = {"client": _parse(_CLIENT), "server": _parse(_SERVER)}
CALLS = {
    "client": {"start", "trust", "reject", "write", "close", "alert", "ping", "ping.misuse"},
    "server": {"accept", "refuse", "forward", "write", "close", "alert", "ping", "ping.misuse"},
}


def cell(role: str, state: str, event: str) -> Cell:
    """The next state and the outputs of one event."""
    found = TABLE[role][state].get(event)
    if found is not None:
        return found
    if event in CALLS[role]:
        return state, ("misuse",)
    return state, () if event in ("flushed", "dh.late") else ("impossible",)


# The kinds of states (ST-039); a state that is in none of them is of the kind `other`.
MESSAGE = {"AwaitChallenge", "AwaitVerdict", "AwaitVerdictClosed", "AwaitHello", "AwaitResponse"}
RECORD = {"Open", "HalfClosedLocal", "HalfClosedRemote"}
WAITING = {"Start", "Judging", "Responding", "OpeningRoute", "Routing", "Deciding"}
DRAINING = {"Closing", "Draining"}
HANDSHAKE = MESSAGE | WAITING | {"Hiding"}  # where the handshake deadline runs (HS-119)
ENDED = {"Closing", "Closed", "Draining", "Failed", "Forwarded", "Hiding"}
