"""Logging messages: decide, and write the entries. Safe to stop anywhere and to repeat.

The plan is stored before anything is done, and whoever finds an unfinished plan carries it out again. So the order is:
claim the mail, keep the plan, write the entries; then, in `settle_messages`, move the message and finish the plan.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.errors import MessageFailed, ProductError, RowRefused
from shared.jobs.known_parties import KnownParties
from shared.jobs.session import Session
from shared.jobs.settle_messages import TRIES, count_failure, settle_messages
from shared.mail.decision import Decision, decide
from shared.mail.ledger import LedgerRow, kept
from shared.mail.message import BrokenItem, Message
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.sales.interaction import Interaction


@dataclass(slots=True)
class Logged:
    """Plans whose entries are written and whose messages can be settled, and what became of the others."""

    rows: list[LedgerRow] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """Of those that were given up."""
    left: int = 0
    """Messages that wait for a later run, where they are."""

    def add(self, other: "Logged") -> None:
        """Takes in what became of other messages."""
        self.rows += other.rows
        self.outcomes.update(other.outcomes)
        self.left += other.left


async def log_messages(session: Session, messages: Sequence[Message], known: KnownParties) -> Logged:
    """Decides about the messages, keeps the plans, and writes the entries."""
    try:
        planned = await _plan(session, messages, known)
        begun = await session.world.ledger.begin(planned)
    except RowRefused as refusal:
        if len(messages) > 1:
            return await _one_by_one(log_messages(session, [message], known) for message in messages)
        return await _put_aside(session, messages[0], refusal)
    # A plan that was there may be of a time when the message was elsewhere.
    folders = {message.item_id: message.folder for message in messages}
    rows = [replace(row, message=replace(row.message, folder=folders[row.message.item_id])) for row in begun]
    logged = await write_entries(session, rows)
    logged.left += len(messages) - len(rows)
    return logged


async def log_broken(session: Session, item: BrokenItem) -> Logged:
    """An item that Exchange cannot show is tried again in later runs, and then put aside."""
    at = item.received_at
    unread = Message(session.mailbox.address, item.item_id, "", "", "", "", "", (), (), at, at, folder=item.folder)
    return await _put_aside(session, unread, MessageFailed(item.reason))


async def write_entries(session: Session, rows: Sequence[LedgerRow]) -> Logged:
    """Writes the entries of plans, also of those that an earlier run left unfinished."""
    try:
        entries = [entry for row in rows if not row.finished for entry in entries_of(row)]
        await session.world.interactions.write(entries)
    except RowRefused as refusal:
        if len(rows) > 1:
            return await _one_by_one(write_entries(session, [row]) for row in rows)
        given_up = Logged()
        await count_failure(session, rows[0], refusal, given_up.outcomes)
        return given_up
    return Logged(list(rows))


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


async def _one_by_one(works: Iterable[Awaitable[Logged]]) -> Logged:
    """Does for single messages what cannot be done for many at once, because of one of them."""
    logged = Logged()
    for work in works:
        logged.add(await work)
    return logged


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


async def _put_aside(session: Session, message: Message, failure: ProductError) -> Logged:
    """Counts a failure of a message that has no plan yet; after the last try, it gets one: to be put aside."""
    ledger = session.world.ledger
    row = _row(message, Decision(Outcome.FAILED, failure.message), session.world.clock())
    tries = await ledger.count_try(row.id)
    if tries < TRIES:
        return Logged(left=1)
    stripped = replace(row.message, subject=row.message.subject[:100], to=(), cc=())
    reason = f"Given up after {tries} tries: {failure.message}"
    failed = replace(row, message=stripped, tries=tries, decision=Decision(Outcome.FAILED, reason))
    given_up = Logged()
    await settle_messages(session, await ledger.begin([failed]), given_up.outcomes)
    return given_up
