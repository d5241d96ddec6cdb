"""Held messages come back when somebody in them becomes known."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from shared.jobs.ports import World
from shared.jobs.session import Session
from shared.mail.decision import Claim, Decision, Policy, decide
from shared.mail.ledger import LedgerRow, kept
from shared.mail.matching import Party
from shared.mail.message import Folder, Kind, Message
from shared.mail.outcome import Mark, Outcome


async def became_known(world: World, addresses: Collection[str]) -> None:
    """Somebody has these addresses now: asks that held messages of theirs are matched again, in the background."""
    if not addresses or not (held := await world.ledger.held_among(addresses)):
        return
    for mailbox in (await world.setups.get()).mailboxes:
        await world.ledger.request_rematch(mailbox, held)
        await world.hints.drain_mailbox(mailbox)


def decided_anew(row: LedgerRow, message: Message, decision: Decision, now: datetime) -> LedgerRow:
    """The row with a new plan. Where the message is by now is not known, so it will be moved in any case."""
    message = replace(kept(message, decision.outcome), folder=Folder.INBOX)
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


async def rematch_held(session: Session, address: str) -> AsyncIterator[Sequence[LedgerRow]]:
    """New plans for held messages of an address that are held no longer, some at a time. The others stay."""
    world = session.world
    async for held in world.ledger.held(session.mailbox.address, address):
        parties = await world.directory.parties({a for row in held for a in row.message.addresses})
        decisions = ((row, decide_held(row, parties, session.policy)) for row in held)
        yield await world.ledger.reopen(
            [
                decided_anew(row, row.message, decision, world.clock())
                for row, decision in decisions
                if decision.outcome is not Outcome.UNMATCHED
            ]
        )
