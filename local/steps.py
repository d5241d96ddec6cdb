"""What `make run` prints while it starts: a line for each step, with its time."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 58

Progress = Callable[[str], None]


@contextmanager
def step(what: str) -> Iterator[Progress]:
    """Prints the step, and how long it took when it is done. On a terminal, `progress` shows how far it is."""
    started = time.monotonic()
    print(f"{what:<{WIDTH}}", end="", flush=True)

    def progress(text: str) -> None:
        if sys.stdout.isatty():
            print(f"\r{what:<{WIDTH}}{text:<12}", end="", flush=True)

    try:
        yield progress
    except BaseException:
        print(flush=True)
        raise
    progress("")
    back = f"\r{what:<{WIDTH}}" if sys.stdout.isatty() else ""
    print(f"{back}{time.monotonic() - started:5.1f} s", flush=True)
