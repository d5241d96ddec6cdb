"""Never-log rules: whose mail is not to be logged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.mail.matching import Party, PartyKind


class RuleKind(StrEnum):
    """What a rule names."""

    ADDRESS = "Address"
    DOMAIN = "Domain"
    CONTACT = "Contact"
    SALESPERSON = "Salesperson"


@dataclass(frozen=True, slots=True)
class NeverLogRule:
    """`value` is an address or a domain, normalised, or a contact no. or salesperson code."""

    id: str
    kind: RuleKind
    value: str
    comment: str
    created_at: datetime
    created_by: str
    etag: str = ""


class NeverLog:
    """All rules, ready to be asked."""

    def __init__(self, rules: Iterable[NeverLogRule] = ()) -> None:
        self._values = {(rule.kind, rule.value.upper()) for rule in rules}

    def applies(self, address: str, party: Party | None) -> bool:
        """Whether mail from or to this address, which belongs to this party, is never to be logged."""
        keys = {(RuleKind.ADDRESS, address.upper()), (RuleKind.DOMAIN, address.rpartition("@")[2].upper())}
        if party:
            kind = RuleKind.CONTACT if party.kind is PartyKind.CONTACT else RuleKind.SALESPERSON
            keys.add((kind, party.number.upper()))
        return not keys.isdisjoint(self._values)
