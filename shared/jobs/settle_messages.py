"""Settling messages: what was decided is written; now each moves to its place, and its plan is finished and closed.

A message that cannot be moved counts its tries, one in each run, and is then put aside as `failed`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.errors import LeaseLost, MessageFailed, MessageGone, ProductError
from shared.jobs.rematch_held import decide_held
from shared.jobs.session import Session
from shared.mail.ledger import LedgerRow
from shared.mail.message import Folder
from shared.mail.outcome import Mark, Outcome, destination_of
from shared.together import together

TRIES = 5
"""How often a message may fail, at most once in each run, before it is put aside as `failed`."""
MOVES_AT_A_TIME = 4
"""As many as Exchange takes from one app. So none is sent after one that was told to wait."""


async def settle_messages(session: Session, rows: Sequence[LedgerRow]) -> None:
    """Moves the messages and finishes their plans. A finished plan's message (put back by hand) is only moved.

    What was finished counts in the run, also where trouble ends the work before the rest.
    """
    moved = await _move_all(session, rows)
    await _finish(session, [row for row in moved.done if not row.finished])
    if moved.trouble:
        raise moved.trouble
    for row, failure in moved.failed:
        if not row.finished:
            await count_failure(session, row, failure)


async def count_failure(session: Session, row: LedgerRow, failure: ProductError) -> None:
    """Counts a failure of a plan; after the last try, the plan becomes to put the message aside."""
    tries = await session.world.ledger.count_try(row.id, session.world.clock())
    if tries < TRIES:
        return
    reason = f"Given up after {tries} tries: {failure.message}"
    failed = replace(row, tries=tries, decision=replace(row.decision, outcome=Outcome.FAILED, reason=reason))
    changed = await session.world.ledger.change(failed)
    moved = await _move_all(session, [changed])
    if moved.trouble:
        raise moved.trouble
    # One that cannot be moved even now stays where it is, and its row says so.
    stuck = f"{changed.decision.reason} It could not be moved either."
    rows = moved.done + [replace(row, decision=replace(row.decision, reason=stuck)) for row, _ in moved.failed]
    await _finish(session, [row for row in rows if not row.finished])


async def close_plans(session: Session, rows: Sequence[LedgerRow]) -> None:
    """Lets readers see finished plans, and looks again whether those that are held are to be held.

    Somebody may have been added since it was decided. Either they find the held message, which is published before we
    look; or we find them, because they are written before they look.
    """
    ledger = session.world.ledger
    await ledger.publish(rows)
    if held := [row for row in rows if row.decision.outcome is Outcome.UNMATCHED]:
        parties = await session.world.directory.parties({a for row in held for a in row.message.addresses})
        matched = {
            row.message.from_address
            for row in held
            if decide_held(row, parties, session.policy).outcome is not Outcome.UNMATCHED
        }
        await ledger.request_rematch(session.mailbox.address, matched, session.world.clock())
    try:
        await session.renew()
    except LeaseLost:
        # Whoever has taken over may have decided anew, and published before us. The next run shall look.
        await ledger.leave_open(rows)
        raise
    await ledger.close(rows)


async def _finish(session: Session, rows: Sequence[LedgerRow]) -> None:
    """Counts what the plans came to. Of one that somebody else has changed meanwhile, theirs is what counts."""
    if not rows:
        return
    finished = await session.world.ledger.finish(rows)
    session.run.outcomes.update(row.decision.outcome for row in finished)
    session.run.outcomes.subtract(row.was for row in finished if row.was)  # one less of what messages were before
    ours = {row.id for row in finished}
    theirs = await together(session.world.ledger.get(row.id) for row in rows if row.id not in ours)
    overtaken = [replace(row, message=replace(row.message, folder=Folder.INBOX)) for row in theirs]  # or anywhere
    if (moved := await _move_all(session, overtaken)).trouble:
        raise moved.trouble
    await close_plans(session, finished)


@dataclass(slots=True)
class _Moved:
    """What moving came to. Once there is trouble that is nobody's own, or no time, no further move is begun."""

    done: list[LedgerRow] = field(default_factory=list)
    failed: list[tuple[LedgerRow, MessageFailed]] = field(default_factory=list)
    trouble: ProductError | None = None


async def _move_all(session: Session, rows: Sequence[LedgerRow]) -> _Moved:
    """Moves the messages of all rows to their places."""
    moved = _Moved()
    slots = asyncio.Semaphore(MOVES_AT_A_TIME)

    async def move(row: LedgerRow) -> None:
        async with slots:
            if not moved.trouble:
                await move_now(row)

    async def move_now(row: LedgerRow) -> None:
        destination = destination_of(row.decision.outcome, session.policy.setup.messages_not_logged)
        try:
            if not session.may_move():
                session.run.more = True
                return
            if destination.value != row.message.folder.value:
                await session.mailbox.move(row.message.item_id, destination)
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
