"""How much more one worker gets through with several mailboxes side by side, and what binds it."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bench.figure import Figure
from bench.people import letters, settle_in
from bench.processes import cpu_seconds, machine_seconds
from bench.stage import DOMAIN, Stage, stage

MAILBOXES = (1, 2, 4, 8)
MESSAGES = 200
"""In each mailbox."""
LATENCY_MS = 240
PROCESSORS = os.cpu_count() or 1
FULL = 0.9
"""Of a core: one that is so busy has no more to give."""


@dataclass(frozen=True)
class Throughput:
    """What so many mailboxes came to; `cores` says how many each process used, and all that ran on the machine."""

    messages_per_second: float
    cores: Mapping[str, float]
    binds: str


async def measure() -> list[Figure]:
    """Messages per second with the most mailboxes, over those with one. There is no target: it depends on the cores."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    runs = {count: throughput(count) for count in MAILBOXES}
    ratio = runs[MAILBOXES[-1]].messages_per_second / runs[MAILBOXES[0]].messages_per_second
    raw = {"messages_in_each": MESSAGES, "latency_ms": LATENCY_MS, "processors": PROCESSORS}
    by_count = {str(count): asdict(run) for count, run in runs.items()}
    return [Figure("mailboxes", round(ratio, 2), "x", 0, more_is_better=True, raw=raw | {"mailboxes": by_count})]


def throughput(count: int) -> Throughput:
    """Of one worker that drains so many mailboxes, with a storage and a tenant of its own."""
    # Not the tenant's own logging mailbox, into which its flow rules copy what comes for these.
    addresses = [f"log{number}@{DOMAIN}" for number in range(count)]
    with stage() as on:
        asyncio.run(settle_in(on.settings))
        for address in addresses:
            on.put_mail(letters(MESSAGES, address.partition("@")[0]), address)
        on.turn(latency_ms=LATENCY_MS)
        before, began = _cpu_seconds(on), time.perf_counter()
        said = on.work("drain", *addresses)
        after, seconds = _cpu_seconds(on), time.perf_counter() - began
        if said["outcomes"] != {"logged": count * MESSAGES} or on.state()["refused"]:
            raise RuntimeError(f"not a clean run: {said}, refused {on.state()['refused']}")
    cores = {name: (after[name] - before[name]) / said["seconds"] for name in on.processes}
    cores |= {
        "worker": said["cpu_seconds"] / said["seconds"],
        "machine": (after["machine"] - before["machine"]) / seconds,
    }
    cores = {name: round(used, 2) for name, used in cores.items()}
    return Throughput(round(said["handled"] / said["seconds"], 2), cores, what_binds(cores, PROCESSORS))


def what_binds(cores: Mapping[str, float], processors: int) -> str:
    """The processes that had no more of a core to give, else the machine, else Exchange, for which all were waiting."""
    if full := [name for name, used in cores.items() if name != "machine" and used >= FULL]:
        return ", ".join(full)
    return "the machine's cores" if cores["machine"] >= FULL * processors else "Exchange"


def _cpu_seconds(on: Stage) -> dict[str, float]:
    return {name: cpu_seconds(process) for name, process in on.processes.items()} | {"machine": machine_seconds()}
