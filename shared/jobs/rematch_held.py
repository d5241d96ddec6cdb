"""Held messages come back when somebody in them becomes known."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.jobs.ports import World
from shared.jobs.session import Session
from shared.mail.decision import Claim, Decision, Policy, decide
from shared.mail.ledger import LedgerRow
from shared.mail.matching import Party
from shared.mail.message import Folder, Kind, Message
from shared.mail.outcome import Mark, Outcome

SLICE = timedelta(seconds=20)
"""How long a run matches held messages before it looks for new mail again."""
IS_WRITTEN = timedelta(seconds=60)
"""How long after it is announced a person is written, at most: longer than any request lasts."""
MOST_REQUESTS = 1000
"""Requests that one run looks at."""


async def will_be_known(world: World, addresses: Collection[str]) -> None:
    """Somebody is about to have these addresses: so that whoever dies right after writing that leaves nothing held."""
    if addresses:
        for mailbox in (await world.setups.get()).mailboxes:
            await world.ledger.request_rematch(mailbox, addresses, world.clock() + IS_WRITTEN)


async def became_known(world: World, addresses: Collection[str], *, announced: bool = False) -> None:
    """Somebody has these addresses now: asks that held messages of theirs are matched again, in the background."""
    held = await world.ledger.held_among(addresses) if addresses else []
    if not (wanted := addresses if announced else held):
        return
    for mailbox in (await world.setups.get()).mailboxes:
        await world.ledger.request_rematch(mailbox, wanted, world.clock())
        if held:
            await world.hints.drain_mailbox(mailbox)


def decided_anew(row: LedgerRow, message: Message, decision: Decision, now: datetime) -> LedgerRow:
    """The row with a new plan. Where the message is by now is not known, so it will be moved in any case."""
    message = replace(message.to_keep(), folder=Folder.INBOX)
    return replace(
        row,
        message=message,
        decision=decision,
        # Later than what it was decided before, also by a clock that goes behind: that tells the two plans apart.
        decided_at=max(now, row.decided_at + datetime.resolution),
        finished=False,
        tries=0,
        was=row.decision.outcome,
    )


def decide_held(row: LedgerRow, parties: dict[str, Party], policy: Policy) -> Decision:
    """What becomes of a held message now. Its headers are not stored: what they said is in the first decision."""
    claim = Claim(row.message.item_id, collides=Mark.ID_COLLISION in row.decision.marks)
    decision = replace(decide(row.message, claim, parties, policy), kind=row.decision.kind)
    if decision.outcome is Outcome.LOGGED and decision.kind is Kind.AUTOMATIC and not policy.setup.log_automatic_mail:
        return Decision(Outcome.AUTOMATIC, "A machine wrote it.", decision.marks, decision.kind, decision.flow)
    return decision


async def rematch_held(session: Session) -> AsyncIterator[Sequence[LedgerRow]]:
    """New plans for held messages that are held no longer, some at a time. The others stay as they are.

    It goes on for a slice of time; where that ends is noted with the request, and another run is asked for.
    """
    world, address = session.world, session.mailbox.address
    began = world.clock()
    requests = await world.ledger.rematch_requests(address)
    for request in requests:
        async for held in world.ledger.held(address, request):
            yield await _decide_anew(session, held.rows)
            if world.clock() - began > SLICE:
                await world.ledger.note_rematch(address, replace(request, after=held.last))
                session.run.more = True
                return
        if world.clock() > request.keep_until:
            await world.ledger.drop_rematch_request(address, request)
    if len(requests) == MOST_REQUESTS:
        session.run.more = True


async def _decide_anew(session: Session, held: Sequence[LedgerRow]) -> list[LedgerRow]:
    parties = await session.world.directory.parties({a for row in held for a in row.message.addresses})
    decisions = ((row, decide_held(row, parties, session.policy)) for row in held)
    return await session.world.ledger.reopen(
        [
            decided_anew(row, row.message, decision, session.world.clock())
            for row, decision in decisions
            if decision.outcome is not Outcome.UNMATCHED
        ]
    )
