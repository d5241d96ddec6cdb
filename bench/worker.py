"""`python -m bench.worker drain | bc | moves MAILBOX…`: one process that drains, measured from the inside.

drain  our run, as the timer makes it. bc  as Business Central does it: a list of 50, then one move at a time, nothing
stored. moves  the bare limit: moves alone, four at a time, nothing stored. Prints seconds, CPU and memory as JSON.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from bench.processes import peak_kib
from shared.graph.mailbox import GraphMailbox
from shared.jobs.drain_mailbox import drain_mailbox
from shared.jobs.ports import World
from shared.jobs.run_email_logging import policy_of
from shared.mail.message import Folder, Message
from shared.mail.outcome import Destination
from shared.mail.setup import EmailLoggingSetup
from shared.settings import read_settings
from shared.together import together
from shared.wiring import Wiring

BUDGET = timedelta(hours=1)
BC_BATCH = 50
"""Messages in one run of Business Central, by default."""


async def drain(world: World, setup: EmailLoggingSetup) -> Counter[str]:
    """Our run, on all mailboxes side by side."""
    mailboxes = [world.mailboxes.open(address, setup) for address in setup.mailboxes]
    policy = await policy_of(world, setup)
    runs = await together(drain_mailbox(world, mailbox, policy, BUDGET) for mailbox in mailboxes)
    for run in runs:
        if run.error:
            raise run.error
    return sum((Counter({str(outcome): number for outcome, number in run.outcomes.items()}) for run in runs), Counter())


async def bc(world: World, setup: EmailLoggingSetup) -> Counter[str]:
    """One list, then one message after the other."""
    mailbox = world.mailboxes.open(setup.mailboxes[0], setup)
    moved: Counter[str] = Counter()
    while items := (await mailbox.messages_in(Folder.INBOX, None, 0, BC_BATCH)).items:
        for item in items:
            await mailbox.move(item.item_id, Destination.ARCHIVE)
        moved["moved"] += len(items)
    return moved


async def moves(world: World, setup: EmailLoggingSetup) -> Counter[str]:
    """Moves alone, as many at a time as the mailbox bears. What they move is listed before the clock starts."""
    mailbox = cast(GraphMailbox, world.mailboxes.open(setup.mailboxes[0], setup))
    items = [
        item for item in (await mailbox.messages_in(Folder.INBOX, None, 0, 1000)).items if isinstance(item, Message)
    ]
    global began
    began = time.perf_counter()
    await together(mailbox.move(item.item_id, Destination.ARCHIVE) for item in items)
    return Counter(moved=len(items))


WORKS: dict[str, Callable[[World, EmailLoggingSetup], Awaitable[Counter[str]]]] = {
    "drain": drain,
    "bc": bc,
    "moves": moves,
}
began = 0.0


async def main(work: str, mailboxes: list[str]) -> None:
    """Warms up what a warm worker has (SDK, token, folder ids), then works."""
    global began
    wiring = Wiring(read_settings(os.environ))
    setup = EmailLoggingSetup(
        tuple(mailboxes), os.environ["BENCH_CLIENT_ID"], enabled=True, enabled_at=datetime.now(UTC)
    )
    await wiring.world.setups.change(await wiring.world.setups.get(), setup)
    for address in mailboxes:
        await wiring.world.mailboxes.open(address, setup).waiting()
    cpu = time.process_time()
    began = time.perf_counter()
    outcomes = await WORKS[work](wiring.world, setup)
    said = {
        "handled": outcomes.total(),
        "outcomes": outcomes,
        "seconds": round(time.perf_counter() - began, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_kib": peak_kib(),
    }
    await wiring.close()
    print(json.dumps(said))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
