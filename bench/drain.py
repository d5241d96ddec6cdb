"""How fast a mailbox is drained at Exchange's latency, beside the way of Business Central and beside the bare limit."""

import asyncio
from itertools import count

from bench.figure import Figure
from bench.people import letters, settle_in
from bench.stage import DOMAIN, Stage, stage

MESSAGES = 400
LATENCY_MS = 240
"""Where Exchange's four requests at a time and its 10,000 requests in 10 minutes meet."""
_runs = count()


async def measure() -> list[Figure]:
    """Messages per second, the three ways in one run."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    with stage() as on:
        asyncio.run(settle_in(on.settings))
        rates = {work: rate(on, work, LATENCY_MS) for work in ("bc", "drain", "moves")}
        at_once = {work: rate(on, work, 0) for work in ("drain", "moves")}
    raw = {"messages": MESSAGES, "latency_ms": LATENCY_MS, "messages_per_second": rates}
    return [
        Figure("drain", round(rates["drain"] / rates["bc"], 3), "x", 3.6, more_is_better=True, raw=raw),
        Figure("drain_limit", round(rates["drain"] / rates["moves"], 3), "x", 0.9, more_is_better=True, raw=raw),
        Figure(
            "drain_without_latency",
            at_once["drain"],
            "messages/s",
            0,
            more_is_better=True,
            raw={"messages": MESSAGES, "moves_alone": at_once["moves"], "binds": "storage and cores, not Exchange"},
        ),
    ]


def rate(on: Stage, work: str, latency_ms: float) -> float:
    """Messages per second of one way of draining a mailbox of its own: our run logs what others left in Archive."""
    address = f"{work}{next(_runs)}@{DOMAIN}"
    on.turn(latency_ms=0)
    on.put_mail(letters(MESSAGES, address.partition("@")[0]), address)
    on.turn(latency_ms=latency_ms)
    said = on.work(work, address)
    if said["outcomes"] not in ({"logged": MESSAGES}, {"moved": MESSAGES}) or on.state()["refused"]:
        raise RuntimeError(f"not a clean run: {said}, refused {on.state()['refused']}")
    return round(float(said["handled"]) / float(said["seconds"]), 2)
