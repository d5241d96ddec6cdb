"""Draining a mailbox: from the oldest message of the Inbox to the newest, until it is empty or the time is up."""

import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from shared.errors import ProductError, StorageUnavailable
from shared.jobs.log_messages import carry_out, log_broken, log_messages
from shared.jobs.ports import Mailbox, World
from shared.mail.message import BrokenItem, Message
from shared.mail.outcome import Outcome
from shared.mail.runs import Activity, Lease
from shared.mail.setup import EmailLoggingSetup

AT_A_TIME = 100
"""Messages between two looks at the clock: a transaction of table storage, and some seconds of moving."""


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
    held: Lease | None = lease
    try:
        leftovers = await world.ledger.unfinished(mailbox.address, setup.batch_size)
        run.outcomes += await carry_out(world, mailbox, setup, leftovers)
        handled = {row.message.item_id: row.message.received_at for row in leftovers}
        since: datetime | None = None
        skip = 0
        while True:
            page = await mailbox.inbox(since, skip, setup.batch_size)
            fresh = [item for item in page.items if item.item_id not in handled]
            for some in batched(fresh, AT_A_TIME, strict=False):
                if world.clock() >= deadline:
                    run.more = True
                    return
                if (held := await world.runs.renew_lease(lease, world.clock())) is None:
                    return  # Another worker has taken over; it will do the rest.
                lease = held
                run.outcomes += await _log(world, mailbox, setup, some)
            if not page.more:
                return
            # What has been moved out is not listed again, so the next page begins where this one ended. What stays
            # in the Inbox is passed over: by time, and where a whole page stays, by number.
            skip = 0 if fresh else skip + len(page.items)
            times = [item.received_at for item in page.items if isinstance(item, Message)]
            since = max([*times, *([since] if since else [])], default=None)
            handled = {item_id: at for item_id, at in handled.items() if since is None or at >= since}
            handled |= {item.item_id: _received(item, world.clock()) for item in fresh}
    finally:
        if held:
            with suppress(StorageUnavailable):
                await world.runs.release_lease(lease, world.clock())


async def _log(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, items: Sequence[Message | BrokenItem]
) -> Counter[Outcome]:
    messages = [item for item in items if isinstance(item, Message)]
    outcomes = await log_messages(world, mailbox, setup, messages)
    for item in items:
        if isinstance(item, BrokenItem):
            outcomes += await log_broken(world, mailbox, setup, item)
    return outcomes


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
