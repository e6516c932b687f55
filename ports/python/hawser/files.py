"""Key files and authorized-keys files (keys.md, KT-021 and KT-030 to KT-051)."""

from __future__ import annotations

import os
import shlex
import stat
import sys
import time
from contextlib import contextmanager

from .authorized import AuthorizedKey, parse_authorized_keys
from .keys import KeyTextError, format_public_key, format_secret_key, looks_like_part_of_secret_key
from .keys import mentions_secret_key, parse_secret_key
from .lines import KeyFileError, decode, lines
from .primitives import KeyPair

MAX_SECRET_FILE = 65_536
MAX_AUTHORIZED_FILE = 1_048_576


@contextmanager
def _named(path: str):
    """Gives the errors of a file its path."""
    try:
        yield
    except KeyFileError as error:
        raise KeyFileError(error.fault, error.reason, error.line, path) from None
    except OSError as error:
        raise KeyFileError("FILE_SYSTEM", error.strerror, path=path) from None


def _check_path(path: str) -> None:
    if mentions_secret_key(path) or looks_like_part_of_secret_key(path):  # KT-021
        raise KeyFileError("SECRET", "a secret key stands where a path belongs")
    if not path or "\0" in path:
        raise KeyFileError("FILE_PATH", "a path is empty or has a NUL")


def _read_all(descriptor: int, limit: int) -> bytes:
    data = b""
    while piece := os.read(descriptor, limit + 1 - len(data)):
        data += piece
        if len(data) > limit:
            raise KeyFileError("FILE_SIZE", "larger than any such file")  # KT-038, KT-051
    return data


def _read(path: str, limit: int, forbidden: int, command: str) -> bytes:
    """Read a regular file whose mode is narrow enough (KT-036, KT-038, KT-050)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError("FILE_KIND", "not a regular file")
        if os.name == "posix" and status.st_mode & forbidden:
            raise KeyFileError("FILE_MODE", f"its mode is too wide; mend it with: {command} {shlex.quote(path)}")
        return _read_all(descriptor, limit)
    finally:
        os.close(descriptor)


def parse_secret_key_file(data: bytes) -> bytes:
    """The one secret key in a file's content (KT-033)."""
    secret = None
    for number, line in lines(decode(data)):
        if secret is not None:
            raise KeyFileError("FILE_TWO_KEYS", "a second line beside the key", number)
        try:
            secret = parse_secret_key(line)
        except KeyTextError as error:
            raise KeyFileError(error.fault, str(error), number) from None
    if secret is None:
        raise KeyFileError("FILE_NO_KEY", "it has no key")
    return secret


def read_secret_key(path: str) -> KeyPair:
    _check_path(path)
    with _named(path):
        if path == "-":  # KT-039
            return KeyPair(parse_secret_key_file(_read_all(sys.stdin.fileno(), MAX_SECRET_FILE)))
        return KeyPair(parse_secret_key_file(_read(path, MAX_SECRET_FILE, 0o077, "chmod 600")))


def write_secret_key(path: str, pair: KeyPair) -> None:
    """Make a new file; one that is there is never touched (KT-032, KT-034, KT-035)."""
    _check_path(path)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"# created: {created}\n# public key: {format_public_key(pair.public)}\n{format_secret_key(pair.secret)}\n"
    with _named(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            file.write(text)


def read_authorized_keys(path: str, honours: set[str] = frozenset()) -> dict[bytes, AuthorizedKey]:
    """Who is let in; `honours` names the options that the program looks at (KT-100)."""
    _check_path(path)
    with _named(path):
        return parse_authorized_keys(_read(path, MAX_AUTHORIZED_FILE, 0o022, "chmod go-w"), honours)


def read_settled(
    path: str, before: dict[bytes, AuthorizedKey], honours: set[str] = frozenset(), pause: float = 0.1
) -> dict[bytes, AuthorizedKey]:
    """Read the keys again for a decision; a file that has changed counts once it stays the same (KT-047, KT-048)."""
    found = read_authorized_keys(path, honours)
    for _ in range(20):
        if found == before:
            return found
        before = found
        time.sleep(pause)
        found = read_authorized_keys(path, honours)
    raise KeyFileError("FILE_CHANGING", "it keeps changing", path=path)
