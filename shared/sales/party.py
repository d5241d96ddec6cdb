"""People of the directory: contacts (customers) and salespeople, and the addresses by which mail knows them."""

import re
from dataclasses import dataclass
from enum import StrEnum

_NUMBER = re.compile(r"(?=.*[^\W_])[\w.+@-]{1,50}")
NUMBER_RULE = "Use 1 to 50 letters, digits or . + @ - _, and at least one letter or digit"
"""What `is_number` asks for, to be shown."""


class ContactType(StrEnum):
    """A company, or a person, who may belong to one."""

    COMPANY = "Company"
    PERSON = "Person"


@dataclass(frozen=True, slots=True)
class AlternativeAddress:
    """A further address, with the code that the log shows for it."""

    code: str
    email: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody the company sells to. `no` is unique whatever its case; `email` may be ""."""

    no: str
    type: ContactType
    name: str
    company_no: str = ""
    email: str = ""
    alternative_addresses: tuple[AlternativeAddress, ...] = ()
    salesperson_code: str = ""
    privacy_blocked: bool = False
    etag: str = ""

    @property
    def number(self) -> str:
        """The number that the address list knows this person by."""
        return self.no

    @property
    def contact_company_no(self) -> str:
        """Company of the contact; a company is its own, as in Business Central."""
        return self.no if self.type is ContactType.COMPANY else self.company_no


@dataclass(frozen=True, slots=True)
class Salesperson:
    """Somebody who sells. Blocked means: no new opportunities; their mail is still logged."""

    code: str
    name: str
    email: str = ""
    alternative_addresses: tuple[AlternativeAddress, ...] = ()
    blocked: bool = False
    etag: str = ""

    @property
    def number(self) -> str:
        """The code that the address list knows this person by."""
        return self.code


def is_number(text: str) -> bool:
    """Whether people may give this as a number or code: 1 to 50 letters, digits or `. + @ - _`."""
    return _NUMBER.fullmatch(text) is not None


class Saved(StrEnum):
    """What saving a person among many came to."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def addresses_of(person: Contact | Salesperson) -> dict[str, str]:
    """Each address of the person with its code, "" for the primary one."""
    primary = {person.email: ""} if person.email else {}
    return primary | {alternative.email: alternative.code for alternative in person.alternative_addresses}
