"""Waiting for something that nobody announces: look again and again, until a deadline."""

import asyncio
from collections.abc import Callable

WITHIN = 60
"""Seconds that anything may take at most."""


async def until(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds. Raises TimeoutError when it does not come to that."""
    async with asyncio.timeout(WITHIN):
        while True:
            if condition():
                return
            await asyncio.sleep(0.002)
