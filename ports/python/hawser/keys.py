"""Keys as text: Bech32 under a part that names the kind (keys.md, KT-001 to KT-016)."""

from __future__ import annotations

import re

from .primitives import KEY_LENGTH

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DATA_LENGTH = 58  # 52 characters of the key, 6 of the checksum

MESSAGES = {
    "EMPTY": "there is no text where a key belongs",
    "SECRET": "a secret key is where none belongs",
    "PUBLIC": "a public key is where a secret key belongs",
    "SURROUNDED": "something stands before, after or within the key",
    "MIXED_CASE": "upper-case and lower-case letters are mixed",
    "PREFIX": "the text does not begin as a key of this kind begins",
    "WRONG_CASE": "a public key is in lower case and a secret key in upper case",
    "CHARACTER": "a character that no key contains",
    "LENGTH": "too few or too many characters",
    "CHECKSUM": "the checksum is wrong: a character was changed",
    "PADDING": "the unused bits at the end are not zero",
}


class KeyTextError(ValueError):
    """A text is no key. It never shows any of the text (KT-020); `fault` is a key of MESSAGES."""

    def __init__(self, fault: str):
        super().__init__(MESSAGES[fault])
        self.fault = fault


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                check ^= generator
    return check


def _expand(part: str) -> list[int]:
    return [ord(c) >> 5 for c in part] + [0] + [ord(c) & 31 for c in part]


def _encode(part: str, key: bytes) -> str:
    if len(key) != KEY_LENGTH:
        raise ValueError("a key has 32 bytes")
    bits = int.from_bytes(key, "big") << 4
    data = [bits >> shift & 31 for shift in range(255, -1, -5)]
    check = _polymod(_expand(part) + data + [0] * 6) ^ 1
    return part + "1" + "".join(CHARSET[v] for v in data + [check >> shift & 31 for shift in range(25, -1, -5)])


def format_public_key(key: bytes) -> str:
    return _encode("hawser", key)  # KT-002


def format_secret_key(key: bytes) -> str:
    return _encode("hawser-secret-key-", key).upper()  # KT-003


def _lower(text: str) -> str:
    """Lower case as ASCII has it, and nothing beyond."""
    return re.sub("[A-Z]+", lambda match: match[0].lower(), text)


def mentions_secret_key(text: str) -> bool:
    return "hawser-secret-key" in _lower(text)  # KT-016


def looks_like_part_of_secret_key(text: str) -> bool:
    return re.search("[02-9AC-HJ-NP-Z]{40}", text) is not None  # KT-021, KT-093


def _parse(text: str, part: str, upper: bool) -> bytes:
    """Steps 3 to 11, in their order."""
    lower, begin = _lower(text), part + "1"
    alphanumeric = re.compile("[A-Za-z0-9]")
    if not text:
        raise KeyTextError("EMPTY")  # KT-004
    ends = alphanumeric.match(text[0]) and alphanumeric.match(text[-1])
    if not ends or re.search("[\t-\r ]", text) or lower.find(begin) > 0:
        raise KeyTextError("SURROUNDED")  # KT-005
    if re.search("[A-Z]", text) and re.search("[a-z]", text):
        raise KeyTextError("MIXED_CASE")  # KT-006
    if not lower.startswith(begin):
        raise KeyTextError("PREFIX")  # KT-007
    if not text.startswith(begin.upper() if upper else begin):
        raise KeyTextError("WRONG_CASE")  # KT-008
    data = [CHARSET.find(c) for c in (lower if upper else text)[len(begin) :]]
    if -1 in data:
        raise KeyTextError("CHARACTER")  # KT-009
    if len(data) != _DATA_LENGTH:
        raise KeyTextError("LENGTH")  # KT-010
    if _polymod(_expand(part) + data) != 1:
        raise KeyTextError("CHECKSUM")  # KT-011
    bits = 0
    for value in data[:-6]:
        bits = bits << 5 | value
    if bits & 15:
        raise KeyTextError("PADDING")  # KT-012
    return (bits >> 4).to_bytes(KEY_LENGTH, "big")


def parse_public_key(text: str) -> bytes:
    if mentions_secret_key(text):
        raise KeyTextError("SECRET")  # KT-013
    return _parse(text, "hawser", upper=False)


def parse_secret_key(text: str) -> bytes:
    if "hawser1" in _lower(text) and not mentions_secret_key(text):
        raise KeyTextError("PUBLIC")  # KT-014
    return _parse(text, "hawser-secret-key-", upper=True)
