"""The decision about one message: its outcome, and why, in a sentence that its reader understands."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.mail.classification import automatic, is_private, is_unauthenticated, kind_of
from shared.mail.matching import InformationFlow, Match, Pair, Party, match
from shared.mail.message import Kind, Message
from shared.mail.never_log import NeverLog
from shared.mail.outcome import Mark, Outcome
from shared.mail.setup import EmailLoggingSetup


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message. `pairs` is empty unless the outcome is `logged`, or was before it failed."""

    outcome: Outcome
    reason: str
    marks: tuple[Mark, ...] = ()
    kind: Kind = Kind.MESSAGE
    flow: InformationFlow | None = None
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the claims say about a mail: the item that owns it, and whether others share its Internet Message-ID."""

    owner: str
    collides: bool = False
    decided: bool = True
    """False while nothing is decided about the item that owns the mail: it may come to nothing yet."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the company has decided about its mail."""

    setup: EmailLoggingSetup
    never_log: NeverLog

    def forbids(self, message: Message, parties: Mapping[str, Party]) -> str:
        """Why the message may not be logged whoever it is for, or ""."""
        if is_private(message) and not self.setup.log_private_mail:
            return "The sender marked it Private or Confidential."
        senders = {address for address in (message.from_address, message.sender_address) if address}
        if any(self.never_log.applies(address, parties.get(address)) for address in senders):
            return "A never-log rule names the sender."
        return ""


def decide(message: Message, claim: Claim, parties: Mapping[str, Party], policy: Policy) -> Decision:
    """Takes the outcomes in the order of docs/rules.md, "Which messages become entries"."""
    marks = (Mark.ID_COLLISION,) if claim.collides else ()
    if message.is_draft:
        return Decision(Outcome.DRAFT, "It is a draft that was never sent.", marks)
    if not message.from_address:
        return Decision(Outcome.NO_SENDER, "It has no From address.", marks)
    if not message.recipients:
        return Decision(Outcome.NO_RECIPIENTS, "Nobody is in To or Cc.", marks)
    if claim.owner != message.item_id:
        return Decision(Outcome.DUPLICATE, "The same mail is in the ledger already.", marks)
    found = match(message, parties, frozenset(policy.setup.mailboxes), policy.never_log.applies)
    if found.flow is InformationFlow.OUTBOUND and is_unauthenticated(message):
        marks = (*marks, Mark.UNAUTHENTICATED_SENDER)
    return _decide(message, found, policy, parties, marks)


def _decide(
    message: Message, found: Match, policy: Policy, parties: Mapping[str, Party], marks: tuple[Mark, ...]
) -> Decision:
    if forbidden := policy.forbids(message, parties) or (found.reason if found.blocked else ""):
        return Decision(Outcome.EXCLUDED, forbidden, marks, flow=found.flow)
    sender_known = not parties.keys().isdisjoint({message.from_address, message.sender_address})
    recipient_known = not parties.keys().isdisjoint(message.recipients)
    by_machine = automatic(message, parties_known=sender_known and recipient_known)
    if by_machine and not policy.setup.log_automatic_mail:
        return Decision(Outcome.AUTOMATIC, by_machine, marks, Kind.AUTOMATIC, found.flow)
    kind = Kind.AUTOMATIC if by_machine else kind_of(message)
    if not found.pairs:
        return Decision(Outcome.UNMATCHED, found.reason, marks, kind, found.flow)
    reason = _logged(found.flow, len(found.pairs), found.reason)
    return Decision(Outcome.LOGGED, reason, marks, kind, found.flow, found.pairs)


def _logged(flow: InformationFlow | None, entries: int, remark: str) -> str:
    if flow is InformationFlow.OUTBOUND:
        people = "a salesperson to " + ("a contact" if entries == 1 else f"{entries} contacts")
    else:
        people = "a contact to " + ("a salesperson" if entries == 1 else f"{entries} salespeople")
    return f"Logged: from {people}. {remark}".rstrip()
