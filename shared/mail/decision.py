"""The decision about one message: its outcome, and why, in a sentence that its reader understands."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.mail.matching import InformationFlow, Pair, Party, match
from shared.mail.message import Message
from shared.mail.outcome import Mark, Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message. `pairs` is empty unless the outcome is `logged`, or was before it failed."""

    outcome: Outcome
    reason: str
    marks: tuple[Mark, ...] = ()
    flow: InformationFlow | None = None
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the claims say about a mail: the item that owns it, and whether others share its Internet Message-ID."""

    owner: str
    collides: bool = False


def decide(message: Message, claim: Claim, parties: Mapping[str, Party], mailboxes: frozenset[str]) -> Decision:
    """Takes the outcomes in the order of DOMAIN.md, "Which messages become entries"."""
    marks = (Mark.ID_COLLISION,) if claim.collides else ()
    if message.is_draft:
        return Decision(Outcome.DRAFT, "It is a draft that was never sent.", marks)
    if not message.from_address:
        return Decision(Outcome.NO_SENDER, "It has no From address.", marks)
    if not message.recipients:
        return Decision(Outcome.NO_RECIPIENTS, "Nobody is in To or Cc.", marks)
    if claim.owner != message.item_id:
        return Decision(Outcome.DUPLICATE, "The same mail is in the ledger already.", marks)
    found = match(message, parties, mailboxes)
    if found.blocked:
        return Decision(Outcome.EXCLUDED, found.reason, marks, found.flow)
    if not found.pairs:
        return Decision(Outcome.UNMATCHED, found.reason, marks, found.flow)
    return Decision(Outcome.LOGGED, _logged(found.flow, len(found.pairs), found.reason), marks, found.flow, found.pairs)


def _logged(flow: InformationFlow | None, entries: int, remark: str) -> str:
    if flow is InformationFlow.OUTBOUND:
        people = "a salesperson to " + ("a contact" if entries == 1 else f"{entries} contacts")
    else:
        people = "a contact to " + ("a salesperson" if entries == 1 else f"{entries} salespeople")
    return f"Logged: from {people}. {remark}".rstrip()
