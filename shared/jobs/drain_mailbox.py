"""Draining a mailbox: from the oldest message of the Inbox to the newest, until it is empty or the time is up."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from itertools import batched

from shared.errors import LeaseLost, ProductError, StorageUnavailable
from shared.jobs.known_parties import KnownParties
from shared.jobs.log_messages import log_broken, log_messages, write_entries
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.jobs.read_archive import read_archive
from shared.jobs.read_folder import AT_A_TIME, read_folder
from shared.jobs.rematch_held import rematch_held
from shared.jobs.session import Run, Session, open_session
from shared.jobs.settle_messages import close_plans, settle_messages
from shared.jobs.sweep_archive import SWEPT_AGAIN, sweep_since
from shared.mail.decision import Policy
from shared.mail.ledger import LedgerRow
from shared.mail.message import BrokenItem, Folder, Message
from shared.mail.outcome import Destination, NotLoggedAction, destination_of
from shared.mail.runs import Activity

ASKED_AGAIN = timedelta(seconds=5)
"""How often a run looks whether logging is enabled still."""
SETTLING = 2
"""Lots of messages that are being moved or finished: while one is finished, the next is moved already."""

type Item = Message | BrokenItem


async def drain_mailbox(world: World, mailbox: Mailbox, policy: Policy, budget: timedelta) -> Run:
    """One run on one mailbox, noted in its status and in the activity log. An error ends the run, and is in it."""
    run = Run()
    started = world.clock()
    try:
        async with open_session(world, mailbox, policy, run, budget) as session:
            if session is None:
                run.already_running = True
                return run
            try:
                await _drain(session)
            except LeaseLost:
                pass  # whoever has it now will do the rest
            except ProductError as error:
                run.error = error
            with suppress(StorageUnavailable):
                await note_run(world, mailbox, started, run)
    except StorageUnavailable as error:
        run.error = error
    return run


async def _drain(session: Session) -> None:
    """Messages are moved while the next ones are read, decided and written: the mailbox is never left waiting."""
    settling: list[asyncio.Task[None]] = []
    known = KnownParties(session.world.directory)
    try:
        async with aclosing(_work(session)) as work:
            async for some in work:
                if not some:
                    continue
                if session.world.clock() >= session.ends_at:
                    session.run.more = True
                    break
                if not await _is_enabled_still(session):
                    break
                logged = await _log(session, some, known)
                if len(settling) == SETTLING:
                    await settling.pop(0)
                settling.append(asyncio.create_task(settle_messages(session, logged)))
        while settling:
            await settling.pop(0)
    finally:
        for task in settling:
            task.cancel()
        await asyncio.gather(*settling, return_exceptions=True)


async def _is_enabled_still(session: Session) -> bool:
    """Looked up now and then: whoever disables logging does not want to wait for the end of a long run."""
    now = session.world.clock()
    if now - session.asked_at > ASKED_AGAIN:
        session.asked_at = now
        return (await session.world.setups.get()).enabled
    return True


async def _work(session: Session) -> AsyncGenerator[Sequence[Item | LedgerRow]]:
    """What there is to do, some at a time, in this order.

    Plans that an earlier run left open; the Inbox; messages in Archive that nobody logged, because Exchange put them
    there beside the message that they answer; held messages whose people have become known; and old messages in
    Archive, where somebody has asked for them. New mail comes first, and the last two have their slices of time.
    """
    world, address, page_size = session.world, session.mailbox.address, session.policy.setup.batch_size
    leftovers = await world.ledger.open(address, world.clock())
    if finished := [row for row in leftovers if row.finished]:
        await close_plans(session, finished)
    handled = {row.message.item_id for row in leftovers}
    for rows in batched((row for row in leftovers if not row.finished), AT_A_TIME, strict=False):
        yield rows
    session.looked_at = world.clock()
    async for some in read_folder(session.mailbox, Folder.INBOX, None, page_size, handled):
        yield await _not_at_home(session, some)
    began, left = world.clock(), session.run.left
    async for some in read_folder(session.mailbox, Folder.ARCHIVE, await sweep_since(session), page_size, handled):
        known = await world.ledger.known(address, some)
        yield [item for item in some if item.item_id not in known]
    if session.run.left == left:
        session.run.swept_until = began - SWEPT_AGAIN
    async for came_back in rematch_held(session):
        yield came_back
    async for some in read_archive(session):
        yield some


async def _not_at_home(session: Session, items: Sequence[Item]) -> Sequence[Item]:
    """Less those that stay in the Inbox for good, where the setup says that messages that are not logged do so."""
    action = session.policy.setup.messages_not_logged
    if action is not NotLoggedAction.LEAVE:
        return items
    known = await session.world.ledger.known(session.mailbox.address, items)
    home = {item_id for item_id, outcome in known.items() if destination_of(outcome, action) is Destination.INBOX}
    return [item for item in items if item.item_id not in home]


async def _log(session: Session, items: Sequence[Item | LedgerRow], known: KnownParties) -> list[LedgerRow]:
    logged = await write_entries(session, [item for item in items if isinstance(item, LedgerRow)])
    if messages := [item for item in items if isinstance(item, Message)]:
        logged += await log_messages(session, messages, known)
    for item in items:
        if isinstance(item, BrokenItem):
            logged += await log_broken(session, item)
    return logged


async def note_run(world: World, mailbox: Mailbox, started: datetime, run: Run) -> None:
    """Counts what a run has come to, and notes it in the activity log."""
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
