"""An event loop in which a second is short: whoever waits before trying again does so, but does not wait long."""

import asyncio
from selectors import DefaultSelector, SelectorKey

FASTER = 10.0
"""So many seconds of the loop pass in one."""


class _HastySelector(DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        return super().select(timeout / FASTER if timeout else timeout)


class HastyLoop(asyncio.SelectorEventLoop):
    """An ordinary loop, by another clock."""

    def __init__(self) -> None:
        super().__init__(_HastySelector())

    def time(self) -> float:
        """Seconds of the loop."""
        return super().time() * FASTER
