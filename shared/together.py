"""Several things at once, none of which outlives the others' failure."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def together[T](works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order. The first failure ends what is still going on, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
