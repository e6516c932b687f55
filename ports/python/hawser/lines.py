"""The text of key files, line by line (keys.md, KT-030, KT-031)."""

from __future__ import annotations

from collections.abc import Iterator


class KeyFileError(Exception):
    """A key file that can't be used. It shows a path and a line, never what is in the file (KT-020, KT-045).

    `fault` is the last part of the name that keys.md gives it.
    """

    def __init__(self, fault: str, reason: str, line: int | None = None, path: str | None = None):
        super().__init__(":".join(str(part) for part in (path, line) if part is not None) + f": {reason}")
        self.fault, self.reason, self.line = fault, reason, line


def decode(data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise KeyFileError("FILE_ENCODING", "not UTF-8 text") from None


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that count, with their numbers."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r").strip(" \t")
        if line and not line.startswith("#"):
            yield number, line
