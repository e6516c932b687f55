#!/usr/bin/env python3
"""The conformance shim (conformance.md, CF): an application that echoes, and says what its channel tells it."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from dataclasses import dataclass, field

from hawser import Channel, Client, ConfigurationError, Event, KeyPair, Misuse, Options, Server
from hawser.sockets import Driver

NOT_SUPPORTED = 89
EVENTS = {"start", "peerKey", "open", "data", "end"}


class NotSupported(Exception):
    """A flag or a value that this shim does not know (CF-004)."""


def number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise NotSupported(text)
    return int(text)


def seconds(text: str) -> float:
    return number(text) / 1000


def raw(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotSupported(text) from None


@dataclass
class Case:
    """The flags of one case."""

    role: str = ""
    port: int = 0
    secret: list[bytes] = field(default_factory=list)
    random: bytes = b""
    server_key: bytes | None = None
    via: bytes | None = None
    context: list[bytes] = field(default_factory=list)
    padding: int = 1
    record_size: int = 65_516
    handshake_timeout: float = 2.0
    drain_timeout: float = 0.5
    drain_bytes: int = 1_048_576
    stealth: bool = False
    middlebox: bool = False
    limit: int | None = None
    refuse: int | None = None
    decide_after: float = 0
    dh_after: float = 0
    send: int = 0
    mute: bool = False
    close_first: bool = False
    linger: float | None = None
    alert: int | None = None
    when: str = "open"
    words: str = ""
    ping: bytes | None = None
    liveness: tuple[float, float] | None = None
    counter: int = 0


def interval_pair(text: str) -> tuple[float, float]:
    first, _, second = text.partition(",")
    return seconds(first), seconds(second)


READERS = {
    "role": str, "port": number, "secret": raw, "random": raw, "server_key": raw, "via": raw, "context": raw,
    "padding": number, "record_size": number, "handshake_timeout": seconds, "drain_timeout": seconds,
    "drain_bytes": number, "limit": number, "refuse": number, "decide_after": seconds, "dh_after": seconds,
    "send": number, "linger": seconds, "alert": number, "when": str, "words": lambda text: raw(text).decode(),
    "ping": raw, "liveness": interval_pair, "counter": number,
}  # fmt: skip
SWITCHES = {"stealth", "middlebox", "mute", "close_first"}


def parse(flags: list[str]) -> Case:
    """Read the flags of a case (CF-002)."""
    case = Case()
    for flag in flags:
        name, equals, value = flag.partition("=")
        attribute = name.removeprefix("--").replace("-", "_")
        if not name.startswith("--") or attribute not in (READERS if equals else SWITCHES):
            raise NotSupported(flag)
        read = READERS[attribute](value) if equals else True
        if attribute in ("secret", "context"):
            getattr(case, attribute).append(read)
        else:
            setattr(case, attribute, read)
    if case.role not in ("client", "server") or case.when not in EVENTS or not 0 < case.port < 65_536:
        raise NotSupported("role, port or event")
    if case.ping is not None and len(case.ping) != 8:
        raise NotSupported("a Ping has 8 bytes")
    return case


def say(**members) -> None:
    print(json.dumps(members, separators=(",", ":")), flush=True)  # CF-010


class Shim:
    """One case, played (CF-006 to CF-009)."""

    def __init__(self, case: Case):
        self.case = case
        self.digest = hashlib.sha256()
        self.length = 0
        self.code = 1
        self.gave_up = False
        self.random = case.random
        self.driver: Driver | None = None

    def draw(self, length: int) -> bytes:
        drawn, self.random = self.random[:length], self.random[length:]
        return drawn + os.urandom(length - len(drawn))

    def channel(self) -> Channel:
        case = self.case
        options = Options(
            padding=case.padding,
            record_size=case.record_size,
            handshake_timeout=case.handshake_timeout,
            drain_timeout=case.drain_timeout,
            drain_bytes=case.drain_bytes,
            liveness=case.liveness,
            counters=(case.counter, case.counter),
            random=self.draw,
        )
        contexts = [context.decode("latin-1") for context in case.context]
        holders = [KeyPair(secret) for secret in case.secret]
        if case.role == "client":
            return Client(holders[0], case.server_key, case.via, contexts[0] if contexts else "", options)
        return Server(holders, contexts or None, not case.middlebox, False, case.stealth, options)

    def play(self) -> int:
        sock = socket.create_connection(("127.0.0.1", self.case.port))  # CF-003
        try:
            self.run(sock)
        except ConfigurationError:
            say(event="failed", kind="configuration", code=None)  # CF-005
        finally:
            sock.close()
        say(event="done", code=self.code, **self.delivered())
        return self.code

    def run(self, sock: socket.socket) -> None:
        case = self.case
        channel = self.it = self.channel()
        self.driver = Driver(sock, channel, self.handle)
        if case.role == "client":
            channel.start()
            self.write_own()
        elif case.limit is not None:
            channel.refuse(case.limit)
        self.gives_up("start")  # the driver hands over a Hello all the same
        self.driver.run()

    # --- the application

    def handle(self, event: Event) -> bool | None:
        return getattr(self, "on_" + event.name)(event)

    def write_own(self) -> None:
        """What `--send` asks for (CF-007)."""
        if self.case.send:
            self.it.write((bytes(range(251)) * (self.case.send // 251 + 1))[: self.case.send])

    def gives_up(self, event: str) -> bool:
        """Give up where the case says so at this event."""
        if self.case.alert is None or self.case.when != event or self.gave_up:
            return False
        self.gave_up = True
        self.it.alert(self.case.alert, self.case.words)
        return True

    def delivered(self) -> dict:
        return {"length": self.length, "sha256": self.digest.hexdigest()}

    def on_dh(self, event: Event) -> bool:
        if self.case.dh_after:
            self.driver.call_later(self.case.dh_after, lambda: self.answer(event))
        else:
            self.answer(event)
        return True

    def answer(self, event: Event) -> None:
        self.it.dh_result(event.request, event.request.compute())
        if self.case.close_first and self.it.state == "AwaitVerdict" and not self.gave_up:  # CF-007
            self.it.close()

    def on_peerKey(self, event: Event) -> None:
        context = None if event.context is None else event.context.encode().hex()
        say(event="peerKey", key=event.key.hex(), context=context)
        if self.gives_up("peerKey"):
            return
        if self.case.decide_after:
            self.driver.call_later(self.case.decide_after, self.decide)
        else:
            self.decide()

    def decide(self) -> None:
        channel, case = self.it, self.case
        try:
            if case.role == "client":
                channel.trust() if case.refuse is None else channel.reject()
            elif case.refuse is None:
                channel.accept()
            else:
                channel.refuse(case.refuse, case.words)
        except Misuse:
            pass  # ST-016: the connection ended before the decision

    def on_open(self, event: Event) -> None:
        channel, case = self.it, self.case
        try:
            exporter = channel.export("hawser conformance", b"", 32).hex()
        except Misuse:
            exporter = None
        say(event="open", binding=channel.binding.hex(), exporter=exporter)
        if self.gives_up("open"):
            return
        self.attempt(self.open_actions)

    def open_actions(self) -> None:
        channel, case = self.it, self.case
        if case.role == "server":
            self.write_own()
            if case.close_first:
                channel.close()
        if case.ping is not None:
            channel.ping(case.ping)

    def attempt(self, action) -> None:
        """Do what is misuse once the channel has ended."""
        try:
            action()
        except Misuse:
            pass

    def on_data(self, event: Event) -> None:
        self.digest.update(event.data)
        self.length += len(event.data)
        self.gives_up("data")
        if not (self.gave_up or self.case.mute or self.case.close_first):
            self.attempt(lambda: self.it.write(event.data))

    def on_end(self, event: Event) -> None:
        say(event="end", **self.delivered())
        if self.gives_up("end") or self.gave_up:
            return
        if self.case.linger is None:
            self.it.close()
        else:
            self.driver.call_later(self.case.linger, self.last_words)

    def last_words(self) -> None:
        self.attempt(lambda: self.it.write(b"late"))
        self.it.close()

    def on_pong(self, event: Event) -> None:
        if event.data == self.case.ping:
            say(event="pong", bytes=event.data.hex())

    def on_alert(self, event: Event) -> None:
        say(event="alert", code=event.code, words=event.words.encode().hex())

    def on_closed(self, event: Event) -> None:
        self.code = 0
        say(event="closed")

    def on_failed(self, event: Event) -> None:
        failure = event.failure
        code = failure.code if failure.kind in ("refused", "alert_received") else None
        say(event="failed", kind=failure.kind, code=code)


def play(flags: list[str]) -> int:
    try:
        case = parse(flags)
    except (NotSupported, UnicodeDecodeError):
        say(event="done", code=NOT_SUPPORTED, length=0, sha256=hashlib.sha256().hexdigest())  # CF-004
        return NOT_SUPPORTED
    return Shim(case).play()


def main(arguments: list[str]) -> int:
    if arguments != ["--cases"]:
        return play(arguments)
    for line in sys.stdin:
        if line.strip():
            play(line.rstrip("\n").split(" "))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
