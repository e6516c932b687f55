"""What a channel is configured with, what it tells, and how it names its failures."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import records
from .primitives import KEY_LENGTH, ZeroOutput

CONTEXT_LENGTH = 32

FAILURE_KINDS = {  # what a failure is called, by its event (CF-014)
    "eof.hint": "hint", "challenge.bad": "bad_challenge", "challenge.mismatch": "server_key_mismatch",
    "challenge.refused": "refused", "challenge.middlebox": "refused", "challenge.refusedFirstUse": "refused",
    "reject": "untrusted", "header.alien": "not_hawser", "header.unsupported": "unsupported_header",
    "hello.zero": "zero_dh", "hello.hidden": "hidden", "hello.refuse": "hello_refused",
    "response.bad": "bad_response", "response.wrongContext": "wrong_context", "refuse": "denied",
    "record.bad": "bad_record", "verdict.bad": "bad_record", "verdict.unexpected": "unexpected_record",
    "record.malformedAlert": "malformed_alert", "verdict.malformedAlert": "malformed_alert",
    "record.alert": "alert_received", "verdict.alert": "alert_received", "time.handshake": "timeout",
    "time.liveness": "timeout", "alert": "cancelled", "close": "cancelled", "dh.failed": "internal_error",
    "nonce.last": "nonces_exhausted", "nonce.none": "nonces_exhausted",
}  # fmt: skip

MISTAKABLE = {"not_hawser", "truncated", "bad_challenge", "timeout"}  # what another protocol's bytes may end in (HS-015)


class ConfigurationError(Exception):
    """A channel that can't be as it is asked to be (HS-125)."""


class Misuse(Exception):
    """A call that the state does not allow; nothing has changed (ST-005)."""


@dataclass(frozen=True)
class Failure:
    """Why a connection failed. `event` is the life cycle's name for it, `kind` a coarser one."""

    kind: str
    event: str
    state: str
    code: int | None = None
    words: str = ""
    key: bytes | None = None  # the key that was found in the place of the expected one (HS-059)
    check: str | None = None  # the check of a record that failed
    detail: str = ""

    def __str__(self) -> str:
        parts = self.kind, self.code and str(self.code), self.words and repr(self.words), self.detail
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Event:
    """Something for the application or the driver; `name` is an output of the life cycle."""

    name: str
    key: bytes | None = None
    context: str | None = None
    data: bytes = b""
    code: int | None = None
    words: str = ""
    failure: Failure | None = None
    request: DHRequest | None = None


@dataclass(frozen=True, eq=False)
class DHRequest:
    """A question to a key holder, answered by `Channel.dh_result` (NO-022)."""

    holder: Any  # has `public` and `dh(public) -> bytes`
    public: bytes

    def compute(self) -> bytes | None:
        """Ask the holder here and now; None when that fails."""
        try:
            return self.holder.dh(self.public)
        except ZeroOutput:
            return bytes(KEY_LENGTH)
        except Exception:
            return None


@dataclass(frozen=True)
class Options:
    """What both roles may configure; times are in seconds."""

    padding: int = 1
    record_size: int = records.MAX_BODY
    handshake_timeout: float = 10.0
    drain_timeout: float = 5.0
    drain_bytes: float = 1_048_576
    liveness: tuple[float, float] | None = None  # the ping interval and the liveness deadline
    counters: tuple[int, int] = (0, 0)  # where the directions of client and server begin, for tests
    random: Callable[[int], bytes] = os.urandom
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        for number in (self.handshake_timeout, self.drain_timeout, self.drain_bytes):
            if math.isnan(number) or number < 0:  # LM-002
                raise ConfigurationError("a deadline or a limit is a number from 0 up")
        if self.liveness is not None and not 0 < self.liveness[0] < self.liveness[1]:  # LM-007
            raise ConfigurationError("the ping interval is more than 0 and less than the liveness deadline")
        if not 1 <= self.padding <= records.MAX_PLAINTEXT or not 1 <= self.record_size <= records.MAX_BODY:
            raise ConfigurationError("the padding or the size of records is out of range")


def context_bytes(name: str) -> bytes:
    """A context as it is sent: ASCII, then zeros (HS-022, HS-023)."""
    if len(name) > CONTEXT_LENGTH or not all("!" <= character <= "~" for character in name):
        raise ConfigurationError("a context is at most 32 printable characters of ASCII, without blanks")
    return name.encode().ljust(CONTEXT_LENGTH, b"\0")


def other_protocol(start: bytes) -> str | None:
    """The protocol that a peer's first bytes plainly are (HS-015)."""
    methods = b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH".split()
    if start.startswith((b"HTTP/", b"PRI * ", *(method + b" " for method in methods))):
        return "HTTP"
    if len(start) >= 3 and start[0] in range(0x14, 0x18) and start[1] == 3 and start[2] <= 4:
        return "TLS"
    return "SSH" if start.startswith(b"SSH-") else None
