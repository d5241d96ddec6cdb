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
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.jobs.settle_messages import TRIES, count_failure, settle_messages
from shared.mail.decision import Decision, Policy, decide
from shared.mail.ledger import LedgerRow, kept
from shared.mail.message import BrokenItem, Message
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.sales.interaction import Interaction


@dataclass(slots=True)
class Logged:
    """Plans whose entries are written and whose messages can be settled, and the outcomes of those given up."""

    rows: list[LedgerRow] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def add(self, other: "Logged") -> None:
        """Takes in what became of other messages."""
        self.rows += other.rows
        self.outcomes.update(other.outcomes)


async def log_messages(
    world: World, mailbox: Mailbox, policy: Policy, messages: Sequence[Message], known: KnownParties
) -> Logged:
    """Decides about the messages, keeps the plans, and writes the entries."""
    try:
        planned = await _plan(world, policy, messages, known)
        # A plan that was there may be of a time when the message was elsewhere.
        rows = [
            replace(row, message=replace(row.message, folder=message.folder))
            for row, message in zip(await world.ledger.begin(planned), messages, strict=True)
        ]
    except RowRefused as refusal:
        if len(messages) > 1:
            return await _one_by_one(log_messages(world, mailbox, policy, [message], known) for message in messages)
        return Logged(outcomes=await _put_aside(world, mailbox, policy, messages[0], refusal))
    return await write_entries(world, mailbox, policy, rows)


async def log_broken(world: World, mailbox: Mailbox, policy: Policy, item: BrokenItem) -> Counter[Outcome]:
    """An item that Exchange cannot show is tried again in later runs, and then put aside."""
    now = world.clock()
    nothing = Message(mailbox.address, item.item_id, "", "", "", "", "", (), (), sent_at=now, received_at=now)
    return await _put_aside(world, mailbox, policy, nothing, MessageFailed(item.reason), readable=False)


async def write_entries(world: World, mailbox: Mailbox, policy: Policy, rows: Sequence[LedgerRow]) -> Logged:
    """Writes the entries of plans, also of those that an earlier run left unfinished."""
    try:
        await world.interactions.write([entry for row in rows if not row.finished for entry in entries_of(row)])
    except RowRefused as refusal:
        if len(rows) > 1:
            return await _one_by_one(write_entries(world, mailbox, policy, [row]) for row in rows)
        return Logged(outcomes=await count_failure(world, mailbox, policy, rows[0], refusal))
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


async def _plan(world: World, policy: Policy, messages: Sequence[Message], known: KnownParties) -> list[LedgerRow]:
    now = world.clock()
    claims, parties = await asyncio.gather(
        world.ledger.claim(messages),
        known.find({address for message in messages for address in message.addresses}),
    )
    return [_row(message, decide(message, claims[message.item_id], parties, policy), now) for message in messages]


def _row(message: Message, decision: Decision, now: datetime, *, readable: bool = True) -> LedgerRow:
    row_id = item_key(message.mailbox, message.item_id, message.received_at if readable else None)
    message = kept(message, decision.outcome)
    return LedgerRow(row_id, message, decision, now)


async def _put_aside(
    world: World,
    mailbox: Mailbox,
    policy: Policy,
    message: Message,
    failure: ProductError,
    *,
    readable: bool = True,
) -> Counter[Outcome]:
    """Counts a failure of a message that has no plan yet; after the last try, it gets one: to be put aside."""
    row = _row(message, Decision(Outcome.FAILED, failure.message), world.clock(), readable=readable)
    tries = await world.ledger.count_try(row.id)
    if tries < TRIES:
        return Counter()
    stripped = replace(row.message, subject=row.message.subject[:100], to=(), cc=())
    reason = f"Given up after {tries} tries: {failure.message}"
    failed = replace(row, message=stripped, tries=tries, decision=Decision(Outcome.FAILED, reason))
    outcomes: Counter[Outcome] = Counter()
    await settle_messages(world, mailbox, policy, await world.ledger.begin([failed]), outcomes)
    return outcomes
