"""Logging messages: decide, and write the entries. Safe to stop anywhere and to repeat.

The plan is stored before anything is done, and whoever finds an unfinished plan carries it out again. So the order is:
claim the mail, keep the plan, write the entries; then, in `settle_messages`, move the message and finish the plan.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.errors import MessageFailed, ProductError, RowRefused
from shared.jobs.attach_interactions import follow_conversations
from shared.jobs.known_parties import KnownParties
from shared.jobs.session import Session
from shared.jobs.settle_messages import TRIES, count_failure
from shared.mail.decision import Decision, decide
from shared.mail.ledger import LedgerRow, kept
from shared.mail.message import BrokenItem, Message
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.sales.interaction import Interaction


async def log_messages(session: Session, messages: Sequence[Message], known: KnownParties) -> list[LedgerRow]:
    """Decides about the messages, keeps the plans, and writes the entries. Returns the plans, to be settled.

    What cannot be decided or written now is left where it is, and the run counts it.
    """
    try:
        planned = await _plan(session, messages, known)
        begun = await session.world.ledger.begin(planned)
    except RowRefused as refusal:
        if len(messages) > 1:
            return await _one_by_one(log_messages(session, [message], known) for message in messages)
        return await _put_aside(session, messages[0], refusal)
    session.run.left += len(messages) - len(planned)
    # A plan that was there may be of a time when the message was elsewhere.
    folders = {message.item_id: message.folder for message in messages}
    return await write_entries(
        session, [replace(row, message=replace(row.message, folder=folders[row.message.item_id])) for row in begun]
    )


async def log_broken(session: Session, item: BrokenItem) -> list[LedgerRow]:
    """An item that Exchange cannot show is tried again in later runs, and then put aside."""
    at = item.received_at
    unread = Message(session.mailbox.address, item.item_id, "", "", "", "", "", (), (), at, at, folder=item.folder)
    return await _put_aside(session, unread, MessageFailed(item.reason))


async def write_entries(session: Session, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Writes the entries of plans, also of those that an earlier run left unfinished. Returns the plans."""
    try:
        entries = [entry for row in rows if not row.finished for entry in entries_of(row)]
        await session.world.interactions.write(entries)
        await follow_conversations(session.world, entries)
    except RowRefused as refusal:
        if len(rows) > 1:
            return await _one_by_one(write_entries(session, [row]) for row in rows)
        await count_failure(session, rows[0], refusal)
        return []
    return list(rows)


def entries_of(row: LedgerRow) -> list[Interaction]:
    """The entries that a plan says: one for each pair."""
    message = row.message
    if row.decision.outcome is not Outcome.LOGGED:
        return []
    return [
        Interaction(
            id=row.interaction_id(pair),
            occurred_at=row.occurred_at,
            information_flow=row.decision.flow or "",
            kind=row.decision.kind,
            contact_no=pair.contact_no,
            company_no=pair.company_no,
            alternative_address_code=pair.alternative_address_code,
            salesperson_code=pair.salesperson_code,
            subject=message.subject,
            internet_message_id=message.internet_message_id,
            conversation_id=message.conversation_id,
            has_attachments=message.has_attachments,
            mailbox=message.mailbox,
            item_id=message.item_id,
        )
        for pair in row.decision.pairs
    ]


async def _one_by_one(works: Iterable[Awaitable[list[LedgerRow]]]) -> list[LedgerRow]:
    """Does for single messages what cannot be done for many at once, because of one of them."""
    return [row for work in works for row in await work]


async def _plan(session: Session, messages: Sequence[Message], known: KnownParties) -> list[LedgerRow]:
    """Plans for those messages that can be decided now. The others are the same mails as some that nobody decided."""
    now = session.world.clock()
    claims, parties = await asyncio.gather(
        session.world.ledger.claim(messages, now),
        known.find({address for message in messages for address in message.addresses}),
    )
    return [
        _row(message, decide(message, claim, parties, session.policy), now)
        for message in messages
        if (claim := claims[message.item_id]).decided
    ]


def _row(message: Message, decision: Decision, now: datetime) -> LedgerRow:
    row_id = item_key(message.mailbox, message.item_id, message.received_at)
    return LedgerRow(row_id, kept(message, decision.outcome), decision, now)


async def _put_aside(session: Session, message: Message, failure: ProductError) -> list[LedgerRow]:
    """Counts a failure of a message that has no plan yet; after the last try, it gets one: to be put aside."""
    ledger = session.world.ledger
    row = _row(message, Decision(Outcome.FAILED, failure.message), session.world.clock())
    tries = await ledger.count_try(row.id, session.world.clock())
    if tries < TRIES:
        session.run.left += 1
        return []
    stripped = replace(row.message, subject=row.message.subject[:100], to=(), cc=())
    reason = f"Given up after {tries} tries: {failure.message}"
    return await ledger.begin([replace(row, message=stripped, tries=tries, decision=Decision(Outcome.FAILED, reason))])
