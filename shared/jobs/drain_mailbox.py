"""Draining a mailbox: from the oldest message of the Inbox to the newest, until it is empty or the time is up."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import ProductError, StorageUnavailable
from shared.jobs.known_parties import KnownParties
from shared.jobs.log_messages import Logged, log_broken, log_messages, write_entries
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.jobs.read_folder import read_folder
from shared.jobs.rematch_held import rematch_held
from shared.jobs.settle_messages import settle_messages
from shared.jobs.sweep_archive import SWEPT_AGAIN, sweep_since
from shared.mail.decision import Policy
from shared.mail.ledger import LedgerRow
from shared.mail.message import BrokenItem, Folder, Message
from shared.mail.outcome import Outcome
from shared.mail.runs import Activity, Lease

SETTLING = 2
"""Lots of messages that are being moved or finished: while one is finished, the next is moved already."""


@dataclass(slots=True)
class Run:
    """What a run came to, or has come to so far."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    more: bool = False
    """The time was up before the Inbox was empty."""
    already_running: bool = False
    error: ProductError | None = None
    swept_until: datetime | None = None


async def drain_mailbox(world: World, mailbox: Mailbox, policy: Policy, budget: timedelta) -> Run:
    """One run on one mailbox, noted in its status and in the activity log. An error ends the run, and is in it."""
    run = Run()
    started = world.clock()
    try:
        lease = await world.runs.take_lease(mailbox.address, uuid.uuid4().hex, started)
        if lease is None:
            run.already_running = True
            return run
        try:
            await _drain(world, mailbox, policy, lease, started + budget, run)
        except ProductError as error:
            run.error = error
        with suppress(StorageUnavailable):
            await _note(world, mailbox, started, run)
    except StorageUnavailable as error:
        run.error = error
    return run


async def _drain(world: World, mailbox: Mailbox, policy: Policy, lease: Lease, deadline: datetime, run: Run) -> None:
    """Messages are moved while the next ones are read, decided and written: the mailbox is never left waiting."""
    settling: list[asyncio.Task[None]] = []
    known = KnownParties(world.directory)

    async def settle(rows: Sequence[LedgerRow]) -> None:
        await settle_messages(world, mailbox, policy, rows, run.outcomes)

    try:
        async for some in _work(world, mailbox, policy, run):
            if world.clock() >= deadline:
                run.more = True
                break
            if (renewed := await world.runs.renew_lease(lease, world.clock())) is None:
                break  # Another worker has taken over; it will do the rest.
            lease = renewed
            if not some:
                continue
            logged = await _log(world, mailbox, policy, some, known)
            run.outcomes.update(logged.outcomes)
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


async def _work(
    world: World, mailbox: Mailbox, policy: Policy, run: Run
) -> AsyncIterator[Sequence[Message | BrokenItem | LedgerRow]]:
    """What there is to do, some at a time, in this order.

    Plans that an earlier run left unfinished; held messages whose people have become known; the Inbox; and messages in
    Archive that nobody logged, because Exchange put them there beside the message that they answer.
    """
    handled: set[str] = set()
    leftovers = await world.ledger.unfinished(mailbox.address, policy.setup.batch_size)
    yield leftovers
    handled |= {row.message.item_id for row in leftovers}
    for address in await world.ledger.rematch_requests(mailbox.address):
        came_back = await rematch_held(world, mailbox, policy, address)
        await world.ledger.drop_rematch_request(mailbox.address, address)
        yield came_back
        handled |= {row.message.item_id for row in came_back}
    async for some in read_folder(mailbox, Folder.INBOX, None, policy.setup.batch_size, handled):
        yield some
    began = world.clock()
    since = await sweep_since(world, mailbox, policy)
    async for some in read_folder(mailbox, Folder.ARCHIVE, since, policy.setup.batch_size, handled):
        yield await world.ledger.unknown([item for item in some if isinstance(item, Message)])
    run.swept_until = began - SWEPT_AGAIN


async def _log(
    world: World,
    mailbox: Mailbox,
    policy: Policy,
    items: Sequence[Message | BrokenItem | LedgerRow],
    known: KnownParties,
) -> Logged:
    messages = [item for item in items if isinstance(item, Message)]
    logged = await log_messages(world, mailbox, policy, messages, known)
    leftovers = [item for item in items if isinstance(item, LedgerRow)]
    logged.add(await write_entries(world, mailbox, policy, leftovers))
    for item in items:
        if isinstance(item, BrokenItem):
            logged.outcomes.update(await log_broken(world, mailbox, policy, item))
    return logged


async def _note(world: World, mailbox: Mailbox, started: datetime, run: Run) -> None:
    handled = sum((+run.outcomes).values())
    done = f"{handled} message{'' if handled == 1 else 's'} handled."
    message = f"{run.error.message} {done}" if run.error else done
    outcomes = tuple(sorted(run.outcomes.items()))
    await world.runs.record(
        Activity(
            mailbox.address,
            started,
            world.clock(),
            message,
            failed=bool(run.error),
            outcomes=outcomes,
            swept_until=run.swept_until,
        )
    )
