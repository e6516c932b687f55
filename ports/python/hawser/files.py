"""Key files and authorized-keys files (keys.md, KT-021 and KT-030 to KT-051)."""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
import time

from .keys import KeyTextError, format_public_key, format_secret_key, mentions_secret_key, parse_public_key, parse_secret_key
from .primitives import KeyPair

MAX_SECRET_FILE = 65_536
MAX_AUTHORIZED_FILE = 1_048_576


class KeyFileError(Exception):
    """A key file that can't be used. It shows a path, never what is in the file (KT-020)."""


def _check_path(path: str) -> None:
    if mentions_secret_key(path) or re.search("[02-9AC-HJ-NP-Z]{40}", path):  # KT-021
        raise KeyFileError("a secret key stands where a path belongs")
    if not path or "\0" in path:
        raise KeyFileError("a path is empty or has a NUL")


def _read_all(descriptor: int, limit: int, path: str) -> bytes:
    data = b""
    while piece := os.read(descriptor, limit + 1 - len(data)):
        data += piece
        if len(data) > limit:
            raise KeyFileError(f"{path}: larger than any such file")  # KT-038, KT-051
    return data


def _read(path: str, limit: int, forbidden: int, command: str) -> str:
    """Read a regular file whose mode is narrow enough (KT-036, KT-038, KT-050)."""
    _check_path(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError(f"{path}: not a regular file")
        if os.name == "posix" and status.st_mode & forbidden:
            raise KeyFileError(f"{path}: its mode is too wide; mend it with: {command} {shlex.quote(path)}")
        data = _read_all(descriptor, limit, path)
    finally:
        os.close(descriptor)
    return _decode(data, path)


def _decode(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")  # KT-030
    except UnicodeDecodeError:
        raise KeyFileError(f"{path}: not UTF-8 text") from None


def _lines(text: str):
    """The lines that count, with their numbers (KT-031)."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r").strip(" \t")
        if line and not line.startswith("#"):
            yield number, line


def read_secret_key(path: str) -> KeyPair:
    if path == "-":  # KT-039
        text = _decode(_read_all(sys.stdin.fileno(), MAX_SECRET_FILE, path), path)
    else:
        text = _read(path, MAX_SECRET_FILE, 0o077, "chmod 600")
    lines = [line for _, line in _lines(text)]
    if len(lines) != 1:  # KT-033
        raise KeyFileError(f"{path}: it has {'no key' if not lines else 'more than one line'}")
    try:
        return KeyPair(parse_secret_key(lines[0]))
    except KeyTextError as error:
        raise KeyFileError(f"{path}: {error}") from None


def write_secret_key(path: str, pair: KeyPair) -> None:
    """Make a new file; one that is there is never touched (KT-032, KT-034, KT-035)."""
    _check_path(path)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"# created: {created}\n# public key: {format_public_key(pair.public)}\n{format_secret_key(pair.secret)}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)


def read_settled(path: str, before: dict[bytes, str], pause: float = 0.1) -> dict[bytes, str]:
    """Read the keys again for a decision; a file that has changed counts once it stays the same (KT-047, KT-048)."""
    found = read_authorized_keys(path)
    for _ in range(20):
        if found == before:
            return found
        before = found
        time.sleep(pause)
        found = read_authorized_keys(path)
    raise KeyFileError(f"{path}: it keeps changing")


def read_authorized_keys(path: str) -> dict[bytes, str]:
    """The keys that are let in, with their names. Options are not honoured, so a line with one is bad (KT-100)."""
    found: dict[bytes, str] = {}
    for number, line in _lines(_read(path, MAX_AUTHORIZED_FILE, 0o022, "chmod go-w")):
        def bad(reason: str) -> KeyFileError:
            return KeyFileError(f"{path}:{number}: {reason}")  # KT-045

        if mentions_secret_key(line):
            raise bad("a secret key is where none belongs")  # KT-044
        if re.match("[a-z]+=", line):
            raise bad("this program knows no options")
        words = re.split("[ \t]+", line)
        try:
            key = parse_public_key(words[0])
        except KeyTextError as error:
            raise bad(str(error)) from None
        if len(words) > 2 or len(words) == 2 and not re.fullmatch(r"[A-Za-z0-9._@+-]{1,64}", words[1]):
            raise bad("a key is followed by at most one name")  # KT-041, KT-043
        if key in found:
            raise bad("the key is there twice")  # KT-042
        found[key] = words[1] if len(words) == 2 else ""
    return found
