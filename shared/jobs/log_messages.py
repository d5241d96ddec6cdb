"""Logging messages: decide, write the entries, move the messages, finish. Safe to stop anywhere and to repeat.

The plan is stored before anything is done, and whoever finds an unfinished plan carries it out again. So the order is:
claim the mail, keep the plan, write the entries, move the message, finish the plan.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.errors import MessageFailed, MessageGone, ProductError, RowRefused
from shared.jobs.ports import Mailbox, World
from shared.mail.decision import Decision, decide
from shared.mail.ledger import LedgerRow, interaction_id
from shared.mail.message import BrokenItem, Message
from shared.mail.message_key import item_key
from shared.mail.outcome import Destination, Mark, Outcome, destination_of
from shared.mail.setup import EmailLoggingSetup
from shared.sales.interaction import Interaction
from shared.together import together

TRIES = 5
"""How often a message may fail, once in each run, before it is put aside as `failed`."""


async def log_messages(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, messages: Sequence[Message]
) -> Counter[Outcome]:
    """Gives each message its outcome, and says how many had which. Those that failed this time are not counted yet."""
    try:
        rows = await world.ledger.begin(await _plan(world, setup, messages))
    except RowRefused as refusal:
        if len(messages) > 1:
            return await _one_by_one(log_messages(world, mailbox, setup, [message]) for message in messages)
        return await _put_aside(world, mailbox, setup, messages[0], refusal)
    return await carry_out(world, mailbox, setup, rows)


async def log_broken(world: World, mailbox: Mailbox, setup: EmailLoggingSetup, item: BrokenItem) -> Counter[Outcome]:
    """An item that Exchange cannot show is tried again in later runs, and then put aside."""
    now = world.clock()
    nothing = Message(mailbox.address, item.item_id, "", "", "", "", "", (), (), sent_at=now, received_at=now)
    return await _put_aside(world, mailbox, setup, nothing, MessageFailed(item.reason), readable=False)


async def carry_out(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, rows: Sequence[LedgerRow]
) -> Counter[Outcome]:
    """Does what the plans say. A finished plan's message (put back by hand) is only moved to its place."""
    try:
        await world.interactions.write([entry for row in rows if not row.finished for entry in entries_of(row)])
    except RowRefused as refusal:
        if len(rows) > 1:
            return await _one_by_one(carry_out(world, mailbox, setup, [row]) for row in rows)
        return await _count_failure(world, mailbox, setup, rows[0], refusal)
    moved = await _move_all(mailbox, setup, rows)
    finished = [row for row in moved.done if not row.finished]
    await world.ledger.finish(finished)
    if moved.trouble:
        raise moved.trouble
    counts = Counter(row.decision.outcome for row in finished)
    for row, failure in moved.failed:
        if not row.finished:
            counts += await _count_failure(world, mailbox, setup, row, failure)
    return counts


def entries_of(row: LedgerRow) -> list[Interaction]:
    """The entries that a plan says: one for each pair."""
    message = row.message
    if row.decision.outcome is not Outcome.LOGGED:
        return []
    return [
        Interaction(
            id=interaction_id(message, pair),
            occurred_at=row.occurred_at,
            information_flow=row.decision.flow or "",
            kind=message.kind,
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


async def _one_by_one(works: Iterable[Awaitable[Counter[Outcome]]]) -> Counter[Outcome]:
    """Does for single messages what cannot be done for many at once, because of one of them."""
    counts = Counter[Outcome]()
    for work in works:
        counts += await work
    return counts


async def _plan(world: World, setup: EmailLoggingSetup, messages: Sequence[Message]) -> list[LedgerRow]:
    now = world.clock()
    claims, parties = await asyncio.gather(
        world.ledger.claim(messages),
        world.directory.parties({address for message in messages for address in message.addresses}),
    )
    mailboxes = frozenset(setup.mailboxes)
    return [_row(message, decide(message, claims[message.item_id], parties, mailboxes), now) for message in messages]


def _row(message: Message, decision: Decision, now: datetime, *, readable: bool = True) -> LedgerRow:
    row_id = item_key(message.mailbox, message.item_id, message.received_at if readable else None)
    if decision.outcome is Outcome.EXCLUDED:
        # Whose mail must not be logged must not be read in the ledger either.
        message = replace(message, subject="", to=(), cc=())
    return LedgerRow(row_id, message, decision, now)


@dataclass(slots=True)
class _Moved:
    """What moving came to. Once there is trouble that is nobody's own, no further move is begun."""

    done: list[LedgerRow] = field(default_factory=list)
    failed: list[tuple[LedgerRow, MessageFailed]] = field(default_factory=list)
    trouble: ProductError | None = None


async def _move_all(mailbox: Mailbox, setup: EmailLoggingSetup, rows: Sequence[LedgerRow]) -> _Moved:
    """Moves the messages of all rows to their places."""
    moved = _Moved()

    async def move(row: LedgerRow) -> None:
        destination = destination_of(row.decision.outcome, setup.messages_not_logged)
        if moved.trouble:
            return
        try:
            if destination is not Destination.INBOX:
                await mailbox.move(row.message.item_id, destination)
        except MessageFailed as failure:
            moved.failed.append((row, failure))
        except MessageGone:
            # Somebody deleted it meanwhile. What was decided stands, but its link leads nowhere.
            marks = tuple(dict.fromkeys((*row.decision.marks, Mark.NO_LINK)))
            moved.done.append(replace(row, decision=replace(row.decision, marks=marks)))
        except ProductError as trouble:
            moved.trouble = trouble
        else:
            moved.done.append(row)

    await together(move(row) for row in rows)
    return moved


async def _count_failure(
    world: World, mailbox: Mailbox, setup: EmailLoggingSetup, row: LedgerRow, failure: ProductError
) -> Counter[Outcome]:
    """Counts a failure of a plan; after the last try, the plan becomes to put the message aside."""
    tries = await world.ledger.count_try(row.id)
    if tries < TRIES:
        return Counter()
    reason = f"Given up after {tries} tries: {failure.message}"
    failed = replace(row, tries=tries, decision=replace(row.decision, outcome=Outcome.FAILED, reason=reason))
    changed = await world.ledger.change(failed)
    moved = await _move_all(mailbox, setup, [changed])
    if moved.trouble:
        raise moved.trouble
    # One that cannot be moved even now stays where it is, and its row says so.
    stuck = f"{changed.decision.reason} It could not be moved either."
    rows = moved.done + [replace(row, decision=replace(row.decision, reason=stuck)) for row, _ in moved.failed]
    await world.ledger.finish(rows)
    return Counter(row.decision.outcome for row in rows)


async def _put_aside(
    world: World,
    mailbox: Mailbox,
    setup: EmailLoggingSetup,
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
    begun = await world.ledger.begin([failed])
    return await carry_out(world, mailbox, setup, begun)
