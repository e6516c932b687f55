"""The lines of authorized-keys files and their options (keys.md, KT-040 to KT-045 and KT-090 to KT-100)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .keys import KeyTextError, looks_like_part_of_secret_key, mentions_secret_key, parse_public_key
from .lines import KeyFileError, decode, lines
from .urls import ConnectionStringError, canonical_host, canonical_path, canonical_port

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_OPTIONS = re.compile(r'(?:[^ \t"]|"[^"]*")*')  # a word in which quoted blanks count as any other character
_OPTION = re.compile(r'([^=",]*)="([^"]*)"')


@dataclass(frozen=True)
class AuthorizedKey:
    """Who is let in, and how far: each option narrows it, and None is one that is not there."""

    key: bytes
    name: str = ""
    to: str | None = None  # HOST:PORT or unix:/PATH, canonical
    sources: tuple[Network, ...] | None = None
    max: int | None = None

    def admits(self, address: str | None) -> bool:
        """Whether the key may come from an address; None where the client has none (KT-097, KT-098)."""
        if self.sources is None:
            return True
        if address is None:
            return False
        found = ipaddress.ip_address(address.partition("%")[0])
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.sources)


def _bad_option(reason: str) -> KeyFileError:
    return KeyFileError("FILE_OPTION", reason)


def _to(value: str) -> str:
    try:
        if value.startswith("unix:"):
            return "unix:" + canonical_path(value.removeprefix("unix:"))
        host, _, port = value.rpartition(":")
        return f"{canonical_host(host)}:{canonical_port(port)}"  # KT-094
    except ConnectionStringError:
        raise _bad_option("to is neither HOST:PORT nor unix:/PATH") from None


def _network(text: str) -> Network:
    """An address or a range; nothing is repaired (KT-095, KT-096)."""
    wrong = _bad_option("from is a list of addresses, and of ranges without bits after their prefix")
    if not re.fullmatch(r"[0-9A-Fa-f.:]+(?:/(?:0|[1-9][0-9]{0,2}))?", text):
        raise wrong
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise wrong from None
    if network.version == 6 and network.network_address.ipv4_mapped is not None:
        raise wrong
    return network


def _sources(value: str) -> tuple[Network, ...]:
    return tuple(_network(text) for text in value.split(","))


def _max(value: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,6}", value):
        raise _bad_option("max is a number from 1 to 9999999")  # KT-099
    return int(value)


_READERS = {"to": ("to", _to), "from": ("sources", _sources), "max": ("max", _max)}


def _options(word: str) -> dict:
    """What stands before the key (KT-091 to KT-093)."""
    found: dict = {}
    at = 0
    while True:
        option = _OPTION.match(word, at)
        if option is None or option[1] not in _READERS:
            raise _bad_option("an option is unknown or has no value in double quotes")
        name, value = option.groups()
        attribute, read = _READERS[name]
        if attribute in found:
            raise _bad_option("an option stands there twice")
        if looks_like_part_of_secret_key(value):
            raise KeyFileError("SECRET", "a secret key is where none belongs")
        if not re.fullmatch(r"[ -\[\]-~]*", value):
            raise _bad_option("a value has a backslash, or a character that is not a printable one of ASCII")
        found[attribute] = read(value)
        at = option.end()
        if at == len(word):
            return found
        if word[at] != ",":
            raise _bad_option("options are joined by commas")
        at += 1


def _parse_line(text: str) -> AuthorizedKey:
    if mentions_secret_key(text):
        raise KeyFileError("SECRET", "a secret key is where none belongs")  # KT-044
    options = {}
    word = _OPTIONS.match(text)[0]
    if re.match("[A-Za-z0-9-]+=", text):  # KT-091
        options = _options(word)
        text = text[len(word) :].lstrip(" \t")
    key_text, *more = re.split("[ \t]+", text)
    try:
        key = parse_public_key(key_text)
    except KeyTextError as error:
        raise KeyFileError(error.fault, str(error)) from None
    if len(more) > 1:
        raise KeyFileError("FILE_SYNTAX", "a key is followed by at most one name")  # KT-041, KT-043
    if more and not _NAME.fullmatch(more[0]):
        raise KeyFileError("FILE_NAME", "a name is 1 to 64 letters, digits and . _ @ + -")
    return AuthorizedKey(key, *more, **options)


def parse_authorized_keys(data: bytes, honours: set[str] = frozenset()) -> dict[bytes, AuthorizedKey]:
    """Read a file's content; `honours` names the options that the program looks at (KT-100)."""
    found: dict[bytes, AuthorizedKey] = {}
    for number, text in lines(decode(data)):
        try:
            entry = _parse_line(text)
            for name, (attribute, _) in _READERS.items():
                if getattr(entry, attribute) is not None and name not in honours:
                    raise _bad_option(f"this program does not honour {name}")
            if entry.key in found:
                raise KeyFileError("FILE_DUPLICATE", "the key is there twice")  # KT-042
        except KeyFileError as error:
            raise KeyFileError(error.fault, error.reason, number) from None  # KT-045
        found[entry.key] = entry
    return found
