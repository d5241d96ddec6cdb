"""Long proofs say how far they have come, and go on where they were interrupted.

What is done is kept in `.local/proof/`, and forgotten when it is all done or when the product has changed since.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".local" / "proof"
SAID_EVERY = 2.0
"""Seconds between two lines about progress."""


def seed() -> int:
    """Decides what is left to chance: `make proof SEED=…`."""
    return int(os.environ.get("SEED") or 1)


class Progress:
    """How many points of one proof are done, of how many."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total = name, total
        self._file = FOLDER / f"{name}.json"
        self._product = _digest()
        self._said = 0.0
        kept = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._done: int = kept["done"] if kept.get("product") == self._product else 0
        self._alone = os.environ.get("POINT")

    def points(self) -> Iterator[int]:
        """1, 2, 3 and so on, or POINT alone. Each is done when the next is asked for."""
        if self._alone:
            yield int(self._alone)
            return
        if self._done:
            print(f"{self._name}: goes on where it was interrupted, after {self._done} of {self._total}.", flush=True)
        for number in count(self._done + 1):
            yield number
            self._keep(number)

    def finish(self) -> None:
        """All is done: the next proof of this begins anew."""
        if not self._alone:
            self._file.unlink(missing_ok=True)
            print(f"{self._name}: all {self._done} done.", flush=True)

    def _keep(self, done: int) -> None:
        self._done = done
        FOLDER.mkdir(parents=True, exist_ok=True)
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps({"product": self._product, "done": done}))
        written.replace(self._file)
        if time.monotonic() > self._said + SAID_EVERY:
            self._said = time.monotonic()
            print(f"{self._name}: {done} of {self._total}", flush=True)


def _digest() -> str:
    """Of the product's code: what was proved of other code is not proved."""
    files = sorted((ROOT / "shared").rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
