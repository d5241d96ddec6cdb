"""What is wrong with a contact or a salesperson in themselves, before anybody else is asked."""

from collections import Counter
from dataclasses import replace

from shared.mail.address import is_valid, normalised
from shared.sales.party import NUMBER_RULE, AlternativeAddress, Contact, ContactType, Salesperson, is_number

NAME_LENGTH = 250
"""Characters of a name, at most."""


def tidied[P: Contact | Salesperson](person: P) -> P:
    """The person with names trimmed and addresses normalised."""
    alternatives = tuple(AlternativeAddress(a.code.strip(), normalised(a.email)) for a in person.alternative_addresses)
    return replace(
        person, name=person.name.strip(), email=normalised(person.email), alternative_addresses=alternatives, etag=""
    )


def faults_of(person: Contact | Salesperson) -> dict[str, str]:
    """What is wrong with a person in itself, by field as the API names it."""
    faults: dict[str, str] = {}
    field = "no" if isinstance(person, Contact) else "code"
    if not is_number(person.number) and (person.number or field == "code"):
        faults[field] = NUMBER_RULE
    if not 1 <= len(person.name) <= NAME_LENGTH:
        faults["name"] = f"Give a name of 1 to {NAME_LENGTH} characters."
    if person.email and not is_valid(person.email):
        faults["email"] = f"{person.email} is not an e-mail address."
    if isinstance(person, Contact) and person.type is ContactType.COMPANY and person.company_no not in ("", person.no):
        faults["companyNo"] = "A company belongs to no other company."
    return faults | _alternative_faults(person)


def _alternative_faults(person: Contact | Salesperson) -> dict[str, str]:
    alternatives = person.alternative_addresses
    emails = Counter([person.email, *(alternative.email for alternative in alternatives)])
    codes = Counter(alternative.code for alternative in alternatives)
    for alternative in alternatives:
        if not is_number(alternative.code):
            return {"alternativeAddresses": f"The code of an alternative address: {NUMBER_RULE}"}
        if not is_valid(alternative.email):
            return {"alternativeAddresses": f"{alternative.email} is not an e-mail address."}
        if codes[alternative.code] > 1 or emails[alternative.email] > 1:
            return {"alternativeAddresses": f"{alternative.code} {alternative.email} is given twice."}
    return {}
