"""The protocol core: a channel that neither reads, writes nor sleeps (states.md).

Whoever drives it hands in bytes and ends, asks `poll` for events until there are none, sends what `take_output`
gives, and reports that with `flushed`. Input is judged no further than to the next event that is for the application,
so what the application does in answer to one comes before whatever follows it (ST-003, ST-004).
"""

from __future__ import annotations

import math
import os
import struct
from collections import deque
from typing import Any

from . import records, states
from .events import FAILURE_KINDS, MISTAKABLE, DHRequest, Event, Failure, Misuse, Options, other_protocol
from .noise import SymmetricState
from .primitives import KEY_LENGTH, Unauthentic, hkdf, hmac_
from .records import ALERTS, LAST_NONCE, MAX_RECORD, NO_NONCE, BadRecord, Direction, Record

HEADER = b"HWSR" + bytes([1, 1, 0, 0])  # HS-005
HELLO_LENGTH, CHALLENGE_LENGTH, RESPONSE_LENGTH = 88, 98, 96  # HS-001
MAX_EARLY_DATA = 65_537  # HS-113
MAX_HELD = 65_537  # ST-009
MAX_EXPORT = 64


class Channel:
    """What client and server have in common: the walk over the table, records, time."""

    role: str

    def __init__(self, state: str, options: Options):
        options.check()
        self.options = options
        self.state = state
        self.peer_key: bytes | None = None
        self.context: str | None = None
        self.failure: Failure | None = None
        self.half_close = False  # the transport is to be half-closed once the output is gone (endTransport)
        self.closed = False  # the transport is to be closed (closeTransport)
        self._events: deque[Event] = deque()
        self._input = bytearray()
        self._output = bytearray()
        self._unflushed = False
        self._eof = self._eof_judged = self._reset = False
        self._dropped = 0
        self._first = b""
        self._handshake: SymmetricState | None = None
        self._verdict_key: bytes | None = None
        self._sending: Direction | None = None
        self._receiving: Direction | None = None
        self._exporter: bytes | None = None
        self._binding: bytes | None = None
        self._opened = False
        self._request: DHRequest | None = None
        self._queue: deque[memoryview] = deque()
        self._close_waits = False
        self._early = 0
        self._ping: bytes | None = None  # the outstanding one
        self._pong_owed = False
        now = options.clock()
        self._handshake_deadline = now + options.handshake_timeout
        self._drain_deadline = math.inf
        self._heard = now

    # --- for the driver

    def receive(self, data: bytes) -> None:
        """Hand in what the transport brought."""
        if not data:
            return
        if self.state in states.MESSAGE | states.RECORD:
            self._input += data
        else:
            self._fire("input", data=data)  # ST-043

    def eof(self) -> None:
        """The transport's incoming direction has ended."""
        self._eof = True

    def reset(self) -> None:
        """The transport has failed; what came before is judged first (AL-019)."""
        self._reset = True

    def take_output(self) -> bytes:
        """The bytes to be sent, each given once."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def flushed(self) -> None:
        """All output has been handed to the transport (RC-040, ST-050)."""
        self._unflushed = self._pong_owed = False
        if self.state == "Closing" and self._drain_deadline == math.inf:
            self._drain_deadline = self.options.clock() + self.options.drain_timeout  # ST-036
        self._fire("drained" if self.state in states.DRAINING and self._eof else "flushed")

    def poll(self) -> Event | None:
        """The next event, or None when there is none before something is handed in or called."""
        while not self._events and not self.closed:
            if not self._step():
                break
        return self._events.popleft() if self._events else None

    @property
    def wants_input(self) -> bool:
        """Whether the driver should read."""
        if self.closed or self._eof:
            return False
        if self.state in states.WAITING:
            return len(self._input) < MAX_HELD or self._keeps_reading()  # ST-009
        return self.state not in states.DRAINING or self._dropped < self.options.drain_bytes  # ST-029

    @property
    def draining(self) -> bool:
        return self.state in states.DRAINING

    @property
    def deadline(self) -> float:
        """When `tick` is to be called, on the clock of the options."""
        return min(when for when, _ in self._timers())

    def tick(self) -> None:
        """Let the deadlines that have passed take effect."""
        if self.closed:
            return
        due = [event for when, event in self._timers() if when <= self.options.clock()]
        if due:
            self._fire(due[0])

    def dh_result(self, request: DHRequest, output: bytes | None) -> None:
        """A key holder's answer, or None for its failure."""
        if request is not self._request:
            self._fire("dh.late")  # ST-016
            return
        self._request = None
        self._judge_dh(output)

    # --- for the application

    def write(self, data: bytes) -> None:
        """Send data, or queue it until it may be sent."""
        self._fire("write", data=bytes(data))

    def close(self) -> None:
        """End the own direction."""
        self._fire("close")

    def alert(self, code: int = ALERTS["cancelled"], words: str = "") -> None:
        """Give up, with a code and words (AL-015)."""
        records.alert_body(code, words)
        self._fire("alert", code=code, words=words)

    def ping(self, body: bytes | None = None) -> None:
        body = os.urandom(records.PING_LENGTH) if body is None else bytes(body)
        if len(body) != records.PING_LENGTH:
            raise ValueError("a Ping has 8 bytes")
        misuse = self._ping is not None or self._eof and self._eof_judged  # ST-020
        self._fire("ping.misuse" if misuse else "ping", data=body)

    @property
    def waiting(self) -> int:
        """How many written bytes wait for the Response or for Accept (ST-021)."""
        return sum(map(len, self._queue))

    @property
    def binding(self) -> bytes:
        """The channel binding, which is public (HS-111)."""
        if not self._opened or self._binding is None:
            raise Misuse("the channel is not open")
        return self._binding

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """A secret that both ends can compute (HS-108)."""
        if not self._opened or self._exporter is None:  # HS-110
            raise Misuse("the channel is not open")
        if not 1 <= length <= MAX_EXPORT or len(context) > 0xFFFF or not 1 <= len(label) <= 0xFFFF:
            raise ValueError("an export's length, label or context is out of range")
        if not all(" " <= character <= "~" for character in label):
            raise ValueError("an export's label is printable ASCII")
        data = struct.pack(">H", len(label)) + label.encode() + struct.pack(">H", len(context)) + context
        return hmac_(self._exporter, data)[:length]

    # --- the walk over the table

    def _fire(self, name: str, **details: Any) -> None:
        """Carry out the cell of one event (ST-001)."""
        target, outputs = states.cell(self.role, self.state, name)
        exhausted = self._exhausted(outputs)
        if exhausted:  # RC-052
            self._fire(exhausted)
            return
        if outputs == ("misuse",):
            raise Misuse(f"{name} in {self.state}")
        if outputs == ("impossible",):
            raise AssertionError(f"{name} in {self.state} can't arise")
        self._enter(name, target, outputs, details)

    def _enter(self, name: str, target: str, outputs: tuple[str, ...], details: dict[str, Any]) -> None:
        before, self.state = self.state, target
        if "failed" in outputs:
            self.failure = self._describe(name, before, details)
        for output in outputs:
            self._put(output, details)
        if target != before:
            self._entered()

    def _entered(self) -> None:
        self._eof_judged = False  # ST-048
        if self.state in states.ENDED and self.state != "Forwarded":
            self._input.clear()  # ST-045
            self._wipe()
        if self.state == "Draining" or self.state == "Closing" and not self._unflushed:  # ST-035, ST-036
            self._drain_deadline = self.options.clock() + self.options.drain_timeout

    def _describe(self, event: str, state: str, details: dict[str, Any]) -> Failure:
        kind = FAILURE_KINDS.get(event, "unexpected_record" if event.startswith("record.") else "truncated")
        if event in ("eof", "eof.partial", "reset") and state in ("OpeningRoute", "Routing", "AwaitResponse"):
            kind = "abandoned"  # RT-018, ST-025
        elif event == "eof" and state == "AwaitChallenge":
            kind = "no_answer"  # ST-026
        elif event == "refuse" and state == "Routing":
            kind = "hello_refused"
        protocol = other_protocol(self._first or bytes(self._input[:16]))
        if state in ("AwaitChallenge", "AwaitHello") and protocol and kind in MISTAKABLE:
            kind, details = "not_hawser", {**details, "detail": f"the peer speaks {protocol}"}
        if event == "eof.hint":
            same = bytes(self._input) == HEADER  # HS-013
            details = {"detail": "altered on the way, or refused" if same else f"the server's header: {self._input.hex()}"}
        keys = ("code", "words", "key", "check", "detail")
        return Failure(kind, event, state, **{key: details[key] for key in keys if key in details})

    def _put(self, output: str, details: dict[str, Any]) -> None:
        """One output of a cell."""
        name, _, alert = output.partition(":")
        if name == "closeTransport":
            self.closed = True  # ST-052: what waits is the driver's to offer or to drop
        elif name == "endTransport":
            self.half_close = True
        elif name == "failed":
            self._events.append(Event("failed", failure=self.failure, code=self.failure.code, words=self.failure.words))
        elif name == "hold":
            self._hold(details["data"])
        elif name == "drop":
            self._dropped += len(details["data"])
        elif name == "open":
            self._opened = True
            self._heard = self.options.clock()  # RC-056
            self._events.append(Event("open"))
        elif name == "remember":
            self._ping = None  # RC-032, RC-055; in the other states there is none
        elif name == "queue":
            if details["data"]:
                self._queue.append(memoryview(details["data"]))
        elif name in ("end", "closed", "data", "pong", "alert"):
            fields = {key: details[key] for key in ("data", "code", "words") if key in details}
            self._events.append(Event(name, **fields))
        elif name == "send.alert":
            code, words = (ALERTS[alert], "") if alert else (details["code"], details["words"])
            self._queue.clear()  # AL-008
            self._close_waits = False
            self._seal(records.ALERT, records.alert_body(code, words))
        elif name in ("send.data", "send.early", "send.queued"):
            if details.get("data") and name != "send.queued":
                self._queue.append(memoryview(details["data"]))
            self._send_queue()
        elif name == "send.close":
            self._close_waits = True
            self._send_queue()
        elif name == "send.ping":
            self._ping = details.get("data") or os.urandom(records.PING_LENGTH)
            self._seal(records.PING, self._ping)
        elif name == "send.pong":
            self._pong_owed = True
            self._seal(records.PONG, details["data"])
        else:
            self._put_own(name, alert, details)

    def _put_own(self, name: str, alert: str, details: dict[str, Any]) -> None:
        """An output of one role only."""
        raise NotImplementedError

    def _step(self) -> bool:
        """Judge one event of the input; False when there is none."""
        if self.state in states.MESSAGE | states.RECORD and self._judge_input():
            return True
        if self._reset:
            self._reset = False
            self._fire("reset")
            return True
        if self._eof and not self._eof_judged:
            self._eof_judged = True
            if self.state in states.DRAINING and not self._unflushed:
                self._fire("drained")  # ST-049
            elif self._input:
                self._fire("eof.hint" if self._is_hint() else "eof.partial")  # ST-047
            else:
                self._fire("eof")
            return True
        return False

    def _is_hint(self) -> bool:
        return self.state == "AwaitChallenge" and len(self._input) == 8 and self._input.startswith(b"HWSR")  # HS-011

    def _judge_input(self) -> bool:
        if self.state in states.RECORD:
            return self._judge_record()
        return self._judge_message()

    def _judge_message(self) -> bool:
        raise NotImplementedError

    def _judge_dh(self, output: bytes | None) -> None:
        raise NotImplementedError

    def _ask(self, holder: Any, public: bytes) -> None:
        self._request = DHRequest(holder, public)
        self._events.append(Event("dh", request=self._request))

    def _hold(self, data: bytes) -> None:
        self._input += data  # ST-008, ST-010

    def _keeps_reading(self) -> bool:
        return False

    def _take(self, length: int) -> bytes:
        taken = bytes(self._input[:length])
        del self._input[:length]
        return taken

    # --- records

    def _transmit(self, data: bytes) -> None:
        self._output += data
        self._unflushed = True

    def _seal(self, type_: int, body: bytes) -> None:
        self._transmit(self._sending.seal(records.plaintext_of(type_, body, self.options.padding)))

    def _exhausted(self, outputs: tuple[str, ...]) -> str | None:
        """Whether a cell needs a counter that there is not; data is counted record by record (RC-006, RC-007, RC-053)."""
        needed = [output.partition(":")[0] for output in outputs]
        if self._sending is None or not {"send.alert", "send.close", "send.ping", "send.pong"} & set(needed):
            return None
        if self._sending.counter >= NO_NONCE:
            return "nonce.none"
        return "nonce.last" if {"send.ping", "send.pong"} & set(needed) and self._sending.counter == LAST_NONCE else None

    def _send_queue(self) -> None:
        """Seal what waits, up to the limit of early data before the Verdict, then a waiting Close (HS-113 to HS-115)."""
        block, open_ = self.options.padding, self.state not in ("AwaitVerdict", "AwaitVerdictClosed")
        while self._queue:
            room = MAX_RECORD if open_ else MAX_EARLY_DATA - self._early
            size = records.largest_body(min(room, MAX_RECORD), block, self.options.record_size)
            if size < 1:
                return
            if self._sending.counter >= LAST_NONCE:  # RC-053
                self._queue.clear()
                self._fire("nonce.none" if self._sending.counter >= NO_NONCE else "nonce.last")
                return
            data = self._queue.popleft()
            before = len(self._output)
            self._seal(records.DATA, data[:size])
            self._early += len(self._output) - before
            if len(data) > size:
                self._queue.appendleft(data[size:])
        if self._close_waits:
            self._close_waits = False
            self._seal(records.CLOSE, b"")

    def _complete_record(self) -> bytes | None:
        """The ciphertext of the next record, once it is there; a length that is too small is refused at once."""
        if len(self._input) < 2:
            return None
        length = int.from_bytes(self._input[:2], "big")
        if length < records.MIN_CIPHERTEXT:
            raise BadRecord("length")  # RC-012
        if len(self._input) < 2 + length:
            return None
        return self._take(2 + length)[2:]

    def _judge_record(self) -> bool:
        try:
            ciphertext = self._complete_record()
            if ciphertext is None:
                return False
            if self._receiving.counter >= NO_NONCE:
                self._fire("nonce.none")  # RC-054
                return True
            try:
                record = records.parse(self._receiving.open(ciphertext))
            except Unauthentic:
                raise BadRecord("cipher") from None
        except BadRecord as bad:
            self._fire("record.malformedAlert" if bad.malformed_alert else "record.bad", check=bad.check)
            return True
        self._heard = self.options.clock()  # RC-048
        name, details = self._classify(record)
        self._fire(name, **details)
        return True

    def _classify(self, record: Record) -> tuple[str, dict[str, Any]]:
        """The event that a well-formed record is; whether the state allows it is the table's to say (RC-018)."""
        if record.type == records.DATA:
            return "record.data", {"data": record.body}
        if record.type == records.ALERT:
            return "record.alert", {"code": record.code, "words": record.words}
        if record.type == records.PING:
            return "record.pingExcess" if self._pong_owed else "record.ping", {"data": record.body}  # RC-043
        if record.type == records.PONG:
            if record.body != self._ping:
                return "record.pongUnexpected", {}  # RC-044
            self._ping = None
            return "record.pong", {"data": record.body}
        return "record.close" if record.type == records.CLOSE else "record.accept", {}

    # --- time

    def _timers(self) -> list[tuple[float, str]]:
        timers = [(math.inf, "")]
        if self.state in states.HANDSHAKE and self.state != "Start":
            timers.append((self._handshake_deadline, "time.handshake"))
        elif self.state in states.DRAINING:
            timers.append((self._drain_deadline, "time.drain"))
        elif self.state in states.RECORD and self.options.liveness and not self._eof:  # RC-049
            interval, deadline = self.options.liveness
            silent = self._ping is not None  # RC-057
            timers.append((self._heard + deadline, "time.liveness") if silent else (self._heard + interval, "time.ping"))
        return timers

    # --- keys

    def _derive_verdict_key(self) -> None:
        output, _ = hkdf(self._handshake.ck, b"hawser/1 verdict" + self._handshake.h)  # HS-090
        self._verdict_key = output[:KEY_LENGTH]

    def _derive_transport(self) -> None:
        """The keys of both directions and the exporter secret; the handshake's are gone then (HS-105, HS-106)."""
        state = self._handshake
        client, server = (Direction(key, counter) for key, counter in zip(state.split(), self.options.counters))
        self._sending, self._receiving = (client, server) if self.role == "client" else (server, client)
        self._exporter, _ = hkdf(state.ck, b"hawser/1 exporter" + state.h)
        self._binding = state.h
        self._wipe_handshake()

    def _wipe_handshake(self) -> None:
        self._handshake = None

    def _wipe(self) -> None:
        """Drop every secret that is needed no more (ST-033)."""
        self._wipe_handshake()
        for direction in filter(None, (self._sending, self._receiving)):
            direction.wipe()
        self._verdict_key = self._exporter = self._request = None
        self._queue.clear()
