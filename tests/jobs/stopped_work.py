"""Work that is stopped at each of its calls to storage, before it is sent and after it was done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from tests.wire import Cut, Wire

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
type Work = Coroutine[Any, Any, object]


async def stopped_at_each_call(wire: Wire, work: Callable[[int], Coroutine[Any, Any, Work]]) -> AsyncIterator[int]:
    """Does the work for 1, 2, 3 and so on, each time stopped one call later, until it ends before it is stopped."""
    await (await work(0))  # so that the tables are there
    number = 0
    for call in range(1, 200):
        for where in Cut:
            number += 1
            doing = asyncio.create_task(_as_task(await work(number)))
            wire.cut(call, where, doing.cancel)
            await asyncio.wait([doing])
            finished = not wire.is_cut
            wire.mend()
            if finished:
                await doing
                return
            assert doing.cancelled() or doing.exception() is None
            yield number
    raise AssertionError("the work does not come to an end")


async def _as_task(work: Work) -> None:
    await work
