"""How much more memory a worker needs for a backlog of ten times the size: no more, it should be."""

import asyncio
from typing import Any

from bench.figure import Figure
from bench.people import letters, settle_in
from bench.stage import LOGGING_MAILBOX, stage

BACKLOGS = (1_000, 10_000)
TARGET = 1.1


async def measure() -> list[Figure]:
    """The peak with the large backlog, over the peak with the small one."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    said = {messages: drained(messages) for messages in BACKLOGS}
    small, large = (one["peak_kib"] for one in said.values())
    raw = {"messages": said, "peak_of": "VmHWM of the worker's process"}
    return [Figure("memory", round(large / small, 3), "x", TARGET, raw=raw)]


def drained(messages: int) -> dict[str, Any]:
    """What a worker says of itself that drained so many, with storage, tenant and memory of its own."""
    with stage() as on:
        asyncio.run(settle_in(on.settings))
        on.put_mail(letters(messages, "memory"))
        # Exchange would not give one mailbox 10,000 requests so fast.
        on.turn(latency_ms=0, quota=None)
        said = on.work("drain", LOGGING_MAILBOX)
        if said["outcomes"] != {"logged": messages}:
            raise RuntimeError(f"not a clean run: {said}")
        return said
