"""Where the specification is, and small helpers of the tests."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def spec() -> Path:
    """The folder of the specification: HAWSER_SPEC, or one that is near."""
    given = os.environ.get("HAWSER_SPEC")
    for folder in [Path(given)] if given else [ROOT.parent / "spec", ROOT.parent.parent / "spec"]:
        if (folder / "states.json").is_file():
            return folder
    raise FileNotFoundError("set HAWSER_SPEC to the folder of the specification")


def load(path: Path):
    return json.loads(path.read_text())


class Clock:
    """A clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
