"""Programs that we start, watch and surely end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
TETHER = Path(__file__).with_name("tethered.py")


class ProcessEndedError(Exception):
    """A program ended, or did not come up, when it should be running."""


@dataclass
class Child:
    """A running program with a log file. It ends with `stop`, or when the thread that started it ends.

    It has a process group of its own, so that Ctrl-C in the terminal reaches only us, and we end it in order.
    """

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Self:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=ROOT,
                start_new_session=True,
            )
        return cls(name, log, process)

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Polls `ready`; raises ProcessEndedError when the program ends, or the seconds pass, before that."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise ProcessEndedError(self.last_words())
            if time.monotonic() > deadline:
                raise ProcessEndedError(f"{self.name} was not ready after {seconds:.0f} seconds.\n{self.log_tail()}")
            time.sleep(0.02)

    def last_words(self) -> str:
        """Why it ended, in plain words, with the end of its log."""
        return f"{self.name} ended with code {self.process.poll()}. Its last lines ({self.log}):\n{self.log_tail()}"

    def log_tail(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])

    def stop(self, grace_seconds: float = 8) -> None:
        """Asks its group to end, waits, and kills what is left. Returns when the program is gone."""
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            os.killpg(self.process.pid, number)


def free_port(preferred: int = 0) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on: the preferred one if it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
