"""Who is who in a message: which salesperson wrote to which contact, or the other way round."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.mail.address import is_valid
from shared.mail.message import Message


class PartyKind(StrEnum):
    """Whom an address belongs to."""

    SALESPERSON = "Salesperson"
    CONTACT = "Contact"


class InformationFlow(StrEnum):
    """Direction of an interaction, seen from the organisation."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody known, reached at one of their addresses."""

    kind: PartyKind
    number: str
    """Contact no. or salesperson code."""
    alternative_address_code: str = ""
    """"" when it is the primary address."""
    company_no: str = ""
    privacy_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """One salesperson and one contact in one message: an entry of the log."""

    contact_no: str
    company_no: str
    salesperson_code: str
    alternative_address_code: str
    """Of the contact's address, or of the salesperson's where the contact was reached at the primary one."""


@dataclass(frozen=True, slots=True)
class Match:
    """What matching found. Without pairs, `reason` says why; with pairs, it says which were left out, or ""."""

    flow: InformationFlow | None
    pairs: tuple[Pair, ...]
    reason: str = ""
    blocked: bool = False
    """All pairs there were are privacy blocked."""


def match(
    message: Message, parties: Mapping[str, Party], mailboxes: frozenset[str], never: Callable[[str, Party], bool]
) -> Match:
    """Pairs the sender with the people addressed (docs/rules.md, "Matching").

    `parties` holds who is known among `message.addresses`; `mailboxes` the logging mailboxes, which never count;
    `never` says whether a rule forbids to log mail to a party at an address.
    """
    known = {a: party for a, party in parties.items() if a not in mailboxes and is_valid(a)}
    sender = known.get(message.from_address) or known.get(message.sender_address)
    if sender is None:
        return Match(None, (), "The sender is neither a salesperson nor a contact.")
    outbound = sender.kind is PartyKind.SALESPERSON
    flow = InformationFlow.OUTBOUND if outbound else InformationFlow.INBOUND
    wanted = PartyKind.CONTACT if outbound else PartyKind.SALESPERSON
    addressed = [(a, known[a]) for a in message.recipients if a in known and known[a].kind is wanted]
    forbidden = {party.number for a, party in addressed if never(a, party)}
    others = _distinct(party for _, party in addressed)
    if not others:
        who = "contact" if outbound else "salesperson"
        return Match(flow, (), f"No recipient is a {who}.")
    allowed = [other for other in others if other.number not in forbidden]
    couples = [(other, sender) if outbound else (sender, other) for other in allowed]
    pairs = tuple(_pair(contact, salesperson) for contact, salesperson in couples if not contact.privacy_blocked)
    if not pairs:
        return Match(flow, (), "Everybody concerned is privacy blocked, or named by a never-log rule.", blocked=True)
    dropped = len(others) - len(pairs)
    remark = f"Not logged for {dropped} more, who are privacy blocked or named by a never-log rule." if dropped else ""
    return Match(flow, pairs, remark)


def _distinct(parties: Iterable[Party]) -> list[Party]:
    """Each person once, at the first of their addresses."""
    first: dict[str, Party] = {}
    for party in parties:
        first.setdefault(party.number, party)
    return list(first.values())


def _pair(contact: Party, salesperson: Party) -> Pair:
    return Pair(
        contact_no=contact.number,
        company_no=contact.company_no,
        salesperson_code=salesperson.number,
        alternative_address_code=contact.alternative_address_code or salesperson.alternative_address_code,
    )
