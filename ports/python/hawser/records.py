"""Records: their form, the keys and counters of a direction, padding (records.md, RC)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .primitives import TAG_LENGTH, decrypt, encrypt, rekey

DATA, ALERT, ACCEPT, CLOSE, PING, PONG = range(6)
HEAD_LENGTH = 3
MIN_CIPHERTEXT = HEAD_LENGTH + TAG_LENGTH
MAX_CIPHERTEXT = 65_535
MAX_PLAINTEXT = MAX_CIPHERTEXT - TAG_LENGTH
MAX_BODY = MAX_PLAINTEXT - HEAD_LENGTH
MAX_RECORD = 2 + MAX_CIPHERTEXT
MAX_ALERT_MESSAGE = 1_024
PING_LENGTH = 8
VERDICT_PADDING = 256
REKEY_INTERVAL = 65_536
LAST_NONCE = 2**64 - 2  # kept for Alert and Close (RC-006)
NO_NONCE = 2**64 - 1  # never used by a record (RC-007)

ALERTS = {
    "internal_error": 1, "bad_response": 2, "not_authorized": 3, "no_route": 4, "bad_record": 5,
    "unexpected_record": 6, "timeout": 7, "going_away": 8, "busy": 9, "wrong_context": 10, "unreachable": 11,
    "cancelled": 12,
}  # fmt: skip


class BadRecord(Exception):
    """A record that fails a check; `malformed_alert` when it authenticates and is an Alert (AL-024)."""

    def __init__(self, check: str, malformed_alert: bool = False):
        super().__init__(f"a record fails the check of its {check}")
        self.check = check
        self.malformed_alert = malformed_alert


@dataclass(frozen=True)
class Record:
    type: int
    body: bytes

    @property
    def code(self) -> int:
        return int.from_bytes(self.body[:2], "big")

    @property
    def words(self) -> str:
        return self.body[2:].decode()


def padded_length(length: int, block: int) -> int:
    """The length of a plaintext that is padded to a multiple of a block, or to the largest there is (RC-009)."""
    return min(-(-length // block) * block, MAX_PLAINTEXT)


def largest_body(room: int, block: int, size: int = MAX_BODY) -> int:
    """The longest Data body whose padded record takes at most `room` bytes on the wire (HS-114)."""
    plaintext = room - 2 - TAG_LENGTH
    if plaintext < MAX_PLAINTEXT:
        plaintext = plaintext // block * block
    return min(plaintext - HEAD_LENGTH, size)


def plaintext_of(type_: int, body: bytes, block: int = 1) -> bytes:
    plain = struct.pack(">BH", type_, len(body)) + body
    return plain.ljust(padded_length(len(plain), block), b"\0")


def alert_body(code: int, words: str) -> bytes:
    """A code and its words, cut at the boundary of a character where they are too long (AL-011)."""
    if not 1 <= code <= 0xFFFF:
        raise ValueError("an alert code is 1 to 65535")
    return struct.pack(">H", code) + words.encode()[:MAX_ALERT_MESSAGE].decode(errors="ignore").encode()


def _body_fits(record: Record) -> bool:
    body = record.body
    if record.type == DATA:
        return len(body) > 0  # RC-025
    if record.type == ALERT:
        if not 2 <= len(body) <= 2 + MAX_ALERT_MESSAGE or record.code == 0:
            return False
        try:
            record.words  # Python's decoder is as strict as AL-025 asks
        except UnicodeDecodeError:
            return False
        return True
    return len(body) == (PING_LENGTH if record.type in (PING, PONG) else 0)


def parse(plaintext: bytes) -> Record:
    """The checks that follow the cipher's, in their order (RC-014 to RC-017)."""
    type_, size = struct.unpack_from(">BH", plaintext)
    if type_ > PONG:
        raise BadRecord("type")
    end = HEAD_LENGTH + size
    record = Record(type_, plaintext[HEAD_LENGTH:end])
    if end > len(plaintext):
        raise BadRecord("size", type_ == ALERT)
    if any(plaintext[end:]):
        raise BadRecord("padding", type_ == ALERT)
    if not _body_fits(record):
        raise BadRecord("body", type_ == ALERT)
    return record


def seal_under(key: bytes, counter: int, plaintext: bytes) -> bytes:
    ciphertext = encrypt(key, counter, b"", plaintext)  # NO-018
    return struct.pack(">H", len(ciphertext)) + ciphertext


class Direction:
    """The key and the counter of one direction, for the sealing end or the opening one."""

    def __init__(self, key: bytes, counter: int = 0):
        self._key: bytes | None = key
        self.counter = counter

    def _next(self) -> tuple[bytes, int]:
        if self._key is None or self.counter >= NO_NONCE:
            raise RuntimeError("no key is left for another record")
        if self.counter and self.counter % REKEY_INTERVAL == 0:  # RC-005
            self._key = rekey(self._key)
        counter = self.counter
        self.counter += 1  # before the cipher runs: no pair of key and counter twice (SC-041)
        return self._key, counter

    def seal(self, plaintext: bytes) -> bytes:
        return seal_under(*self._next(), plaintext)

    def open(self, ciphertext: bytes) -> bytes:
        key, counter = self._next()
        return decrypt(key, counter, b"", ciphertext)

    def wipe(self) -> None:
        self._key = None
