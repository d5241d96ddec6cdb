"""Draining a mailbox: from the oldest message of the Inbox to the newest, until it is empty or the time is up."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import ProductError, StorageUnavailable
from shared.jobs.log_messages import Logged, log_broken, log_messages, write_entries
from shared.jobs.ports import Mailbox, World
from shared.jobs.settle_messages import settle_messages
from shared.mail.ledger import LedgerRow
from shared.mail.message import BrokenItem, Message
from shared.mail.outcome import Outcome
from shared.mail.runs import Activity, Lease
from shared.mail.setup import EmailLoggingSetup

FIRST = 8
"""Messages that are written before the first of them is moved; then twice as many, and so on."""
SETTLING = 2
"""Lots of messages that are being moved or finished: while one is finished, the next is moved already."""
AT_A_TIME = 50
"""Messages that are written while as many are moved: enough to fill transactions, few enough to begin moving soon."""


@dataclass(slots=True)
class Run:
    """What a run came to, or has come to so far."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    more: bool = False
    """The time was up before the Inbox was empty."""
    already_running: bool = False
    error: ProductError | None = None


async def drain_mailbox(world: World, mailbox: Mailbox, setup: EmailLoggingSetup, budget: timedelta) -> Run:
    """One run on one mailbox, noted in its status and in the activity log. An error ends the run, and is in it."""
    run = Run()
    started = world.clock()
    try:
        lease = await world.runs.take_lease(mailbox.address, uuid.uuid4().hex, started)
        if lease is None:
            run.already_running = True
            return run
        try:
            await _drain(world, mailbox, setup, lease, started + budget, run)
        except ProductError as error:
            run.error = error
        with suppress(StorageUnavailable):
            await _note(world, mailbox, started, run)
    except StorageUnavailable as error:
        run.error = error
    return run


async def _drain(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, lease: Lease, deadline: datetime, run: Run
) -> None:
    """Messages are moved while the next ones are read, decided and written: the mailbox is never left waiting."""
    settling: list[asyncio.Task[None]] = []

    async def settle(rows: Sequence[LedgerRow]) -> None:
        run.outcomes += await settle_messages(world, mailbox, setup, rows)

    try:
        async for some in _messages(world, mailbox, setup):
            if world.clock() >= deadline:
                run.more = True
                break
            if (renewed := await world.runs.renew_lease(lease, world.clock())) is None:
                break  # Another worker has taken over; it will do the rest.
            lease = renewed
            logged = await _log(world, mailbox, setup, some)
            run.outcomes += logged.outcomes
            if len(settling) == SETTLING:
                await settling.pop(0)
            settling.append(asyncio.create_task(settle(logged.rows)))
        while settling:
            await settling.pop(0)
    finally:
        for task in settling:
            task.cancel()
        await asyncio.gather(*settling, return_exceptions=True)
        with suppress(StorageUnavailable):
            await world.runs.release_lease(lease, world.clock())


async def _messages(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup
) -> AsyncIterator[Sequence[Message | BrokenItem | LedgerRow]]:
    """What there is to do, some at a time: plans that an earlier run left unfinished, then the Inbox, oldest first."""
    leftovers = await world.ledger.unfinished(mailbox.address, setup.batch_size)
    if leftovers:
        yield leftovers
    handled = {row.message.item_id: row.message.received_at for row in leftovers}
    since: datetime | None = None
    skip = 0
    at_a_time = FIRST
    while True:
        page = await mailbox.inbox(since, skip, setup.batch_size)
        fresh = new = [item for item in page.items if item.item_id not in handled]
        while fresh:
            yield fresh[:at_a_time]
            fresh, at_a_time = fresh[at_a_time:], min(2 * at_a_time, AT_A_TIME)
        if not page.more:
            return
        # What has been moved out is not listed again, so the next page begins where this one ended. What stays in
        # the Inbox, or is still being moved, is passed over: by time, and where a whole page stays, by number.
        skip = 0 if new else skip + len(page.items)
        times = [item.received_at for item in page.items if isinstance(item, Message)]
        since = max([*times, *([since] if since else [])], default=None)
        handled = {item_id: at for item_id, at in handled.items() if since is None or at >= since}
        handled |= {item.item_id: _received(item, world.clock()) for item in new}


async def _log(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, items: Sequence[Message | BrokenItem | LedgerRow]
) -> Logged:
    logged = await log_messages(world, mailbox, setup, [item for item in items if isinstance(item, Message)])
    leftovers = [item for item in items if isinstance(item, LedgerRow)]
    logged.add(await write_entries(world, mailbox, setup, leftovers))
    for item in items:
        if isinstance(item, BrokenItem):
            logged.outcomes += await log_broken(world, mailbox, setup, item)
    return logged


def _received(item: Message | BrokenItem, now: datetime) -> datetime:
    return item.received_at if isinstance(item, Message) else now


async def _note(world: World, mailbox: Mailbox, started: datetime, run: Run) -> None:
    handled = sum(run.outcomes.values())
    done = f"{handled} message{'' if handled == 1 else 's'} handled."
    message = f"{run.error.message} {done}" if run.error else done
    outcomes = tuple(sorted(run.outcomes.items()))
    await world.runs.record(
        Activity(mailbox.address, started, world.clock(), message, failed=bool(run.error), outcomes=outcomes)
    )
