"""Settling messages: what was decided is written; now each moves to its place, and its plan is finished.

A message that cannot be moved counts its tries, one in each run, and is then put aside as `failed`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.errors import MessageFailed, MessageGone, ProductError
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.mail.decision import Claim, Policy, decide
from shared.mail.ledger import LedgerRow
from shared.mail.outcome import Mark, Outcome, destination_of
from shared.together import together

TRIES = 5
"""How often a message may fail, once in each run, before it is put aside as `failed`."""


async def settle_messages(
    world: World, mailbox: Mailbox, policy: Policy, rows: Sequence[LedgerRow], outcomes: Counter[Outcome]
) -> None:
    """Moves the messages and finishes their plans. A finished plan's message (put back by hand) is only moved.

    What was finished is added to `outcomes`, also where trouble ends the work before the rest.
    """
    moved = await _move_all(mailbox, policy, rows)
    finished = [row for row in moved.done if not row.finished]
    await _finish(world, mailbox, policy, finished)
    outcomes.update(_outcomes(finished))
    if moved.trouble:
        raise moved.trouble
    for row, failure in moved.failed:
        if not row.finished:
            outcomes.update(await count_failure(world, mailbox, policy, row, failure))


async def count_failure(
    world: World, mailbox: Mailbox, policy: Policy, row: LedgerRow, failure: ProductError
) -> Counter[Outcome]:
    """Counts a failure of a plan; after the last try, the plan becomes to put the message aside."""
    tries = await world.ledger.count_try(row.id)
    if tries < TRIES:
        return Counter()
    reason = f"Given up after {tries} tries: {failure.message}"
    failed = replace(row, tries=tries, decision=replace(row.decision, outcome=Outcome.FAILED, reason=reason))
    changed = await world.ledger.change(failed)
    moved = await _move_all(mailbox, policy, [changed])
    if moved.trouble:
        raise moved.trouble
    # One that cannot be moved even now stays where it is, and its row says so.
    stuck = f"{changed.decision.reason} It could not be moved either."
    rows = moved.done + [replace(row, decision=replace(row.decision, reason=stuck)) for row, _ in moved.failed]
    await _finish(world, mailbox, policy, rows)
    return _outcomes(rows)


def _outcomes(rows: Sequence[LedgerRow]) -> Counter[Outcome]:
    """How many had which outcome; less than nothing of one that messages had before."""
    counts = Counter(row.decision.outcome for row in rows)
    counts.subtract(row.was for row in rows if row.was)
    return counts


async def _finish(world: World, mailbox: Mailbox, policy: Policy, rows: Sequence[LedgerRow]) -> None:
    """Lets readers see the rows, and looks again whether those that are held are to be held.

    Somebody may have been added since it was decided. Either they find the held message, which is published before we
    look; or we find them, because they are written before they look.
    """
    await world.ledger.publish(rows)
    held = [row.message for row in rows if row.decision.outcome is Outcome.UNMATCHED]
    if held:
        parties = await world.directory.parties({address for message in held for address in message.addresses})
        matched = [m for m in held if decide(m, Claim(m.item_id), parties, policy).outcome is Outcome.LOGGED]
        await world.ledger.request_rematch(mailbox.address, {message.from_address for message in matched})
    await world.ledger.finish(rows)


@dataclass(slots=True)
class _Moved:
    """What moving came to. Once there is trouble that is nobody's own, no further move is begun."""

    done: list[LedgerRow] = field(default_factory=list)
    failed: list[tuple[LedgerRow, MessageFailed]] = field(default_factory=list)
    trouble: ProductError | None = None


async def _move_all(mailbox: Mailbox, policy: Policy, rows: Sequence[LedgerRow]) -> _Moved:
    """Moves the messages of all rows to their places."""
    moved = _Moved()

    async def move(row: LedgerRow) -> None:
        destination = destination_of(row.decision.outcome, policy.setup.messages_not_logged)
        if moved.trouble:
            return
        try:
            if destination.value != row.message.folder.value:
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
