"""Held messages come back when somebody in them becomes known."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.mail.decision import Claim, Decision, Policy, decide
from shared.mail.ledger import LedgerRow, kept
from shared.mail.message import Folder, Message
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
        decided_at=now,
        finished=False,
        tries=0,
        was=row.decision.outcome,
        was_received_at=row.message.received_at,
    )


async def rematch_held(world: World, mailbox: Mailbox, policy: Policy, address: str) -> list[LedgerRow]:
    """New plans for held messages of an address that are to be logged now. The others stay as they are."""
    held = await world.ledger.held(mailbox.address, address)
    parties = await world.directory.parties({a for row in held for a in row.message.addresses})
    reopened: list[LedgerRow] = []
    for row in held:
        claim = Claim(row.message.item_id, collides=Mark.ID_COLLISION in row.decision.marks)
        # Its headers are not stored: whether a machine wrote it is known from the first decision alone.
        decision = replace(decide(row.message, claim, parties, policy), kind=row.decision.kind)
        if decision.outcome is not Outcome.LOGGED:
            continue
        if opened := await world.ledger.reopen(decided_anew(row, row.message, decision, world.clock())):
            reopened.append(opened)
    return reopened
