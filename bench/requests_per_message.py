"""What a message costs in requests to Graph, in requests to storage, and in CPU of our process."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from bench.figure import Figure
from bench.people import letters, settle_in
from bench.stage import LOGGING_MAILBOX, stage
from local.demonstration import copies
from local.sample import company

MESSAGES = 1_000
MAKING_TABLES = 5
SETTING_UP = {"secret", "token", "managedIdentity", "folder"}
"""Requests that a warm worker does not make."""


async def measure() -> list[Figure]:
    """All three; `storage_requests_per_message` for the mix of the sample's mail."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    with stage() as on:
        asyncio.run(settle_in(on.settings))
        on.put_mail(letters(MESSAGES, "requests"))
        on.turn(latency_ms=0)
        said = on.work("drain", LOGGING_MAILBOX)
        if said["outcomes"] != {"logged": MESSAGES}:
            raise RuntimeError(f"not a clean run: {said}")
        requests = on.state()["requests"]
        counted = {kind: number for kind, number in requests.items() if kind not in SETTING_UP}
        # The worker's warm-up lists once, and the sweep of Archive is part of a run.
        graph = round(sum(counted.values()) / said["handled"], 4)
        cpu = round(1000 * said["cpu_seconds"] / said["handled"], 2)
    storage = storage_requests()
    return [
        Figure("requests_per_message", graph, "requests", 1.03, raw={"messages": MESSAGES, "requests": requests}),
        Figure("storage_requests_per_message", storage["each"], "requests", 6, raw=storage),
        Figure("cpu_ms_per_message", cpu, "ms", 25, raw=said),
    ]


def storage_requests() -> dict[str, Any]:
    """Requests that storage sees while the sample's mail is drained, by its own log."""
    sample = company("nordurljos.example")
    mails = [raw for mail in sample.mails(datetime.now(UTC)) for raw in copies(mail)]
    with stage(log_requests=True) as on:
        asyncio.run(settle_in(on.settings, sample))
        # The first ones make the tables, as the first ones of a new installation do.
        on.put_mail(iter(mails[:MAKING_TABLES]))
        on.work("drain", LOGGING_MAILBOX)
        on.put_mail(iter(mails[MAKING_TABLES:]))
        before = on.storage_requests()
        said = on.work("drain", LOGGING_MAILBOX)
        requests = on.storage_requests() - before
    return {
        "messages": said["handled"],
        "outcomes": said["outcomes"],
        "requests": requests,
        "each": round(requests / said["handled"], 3),
    }
