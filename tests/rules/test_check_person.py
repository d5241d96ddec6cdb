"""What is wrong with a contact or a salesperson in themselves."""

from dataclasses import replace

import pytest

from shared.jobs.check_person import faults_of, tidied
from shared.sales.party import NUMBER_RULE, AlternativeAddress, Contact, ContactType, Salesperson, addresses_of

CARL = Contact("CT000002", ContactType.PERSON, "Carl Munro", "CT000001", "carl@glencorran.example")
DISTILLERY = Contact("CT000001", ContactType.COMPANY, "Glen Corran Distillery")
ANNA = Salesperson("AK", "Anna Karlsdóttir", "anna@nordurljos.example")
NAME = "Give a name of 1 to 250 characters."
CODE = f"The code of an alternative address: {NUMBER_RULE}"


def at(*addresses: tuple[str, str]) -> tuple[AlternativeAddress, ...]:
    return tuple(AlternativeAddress(code, email) for code, email in addresses)


@pytest.mark.parametrize(
    "person",
    [
        CARL,
        ANNA,
        DISTILLERY,
        replace(CARL, no="", email=""),
        replace(CARL, no="a.B+c@d-e_ÞÆ1"),
        replace(CARL, no="x" * 50, name="n" * 250),
        replace(DISTILLERY, company_no="CT000001"),
        replace(CARL, alternative_addresses=at(("HOME", "carl@home.example"), ("BOAT", "carl@boat.example"))),
        replace(ANNA, email="", alternative_addresses=at(("HOME", "anna@home.example"))),
    ],
)
def test_people_in_order_have_no_faults(person: Contact | Salesperson) -> None:
    assert faults_of(person) == {}


@pytest.mark.parametrize(
    ("person", "faults"),
    [
        (replace(CARL, no="CT 2"), {"no": NUMBER_RULE}),
        (replace(CARL, no="x" * 51), {"no": NUMBER_RULE}),
        (replace(CARL, no="CT2\n"), {"no": NUMBER_RULE}),
        (replace(CARL, no="CT/2"), {"no": NUMBER_RULE}),
        (replace(ANNA, code=""), {"code": NUMBER_RULE}),
        (replace(ANNA, code="A'K"), {"code": NUMBER_RULE}),
        (replace(CARL, name=""), {"name": NAME}),
        (replace(CARL, name="n" * 251), {"name": NAME}),
        (replace(CARL, email="carl"), {"email": "carl is not an e-mail address."}),
        (replace(DISTILLERY, company_no="CT000009"), {"companyNo": "A company belongs to no other company."}),
        (replace(CARL, alternative_addresses=at(("", "c@home.example"))), {"alternativeAddresses": CODE}),
        (replace(CARL, alternative_addresses=at(("MY HOME", "c@home.example"))), {"alternativeAddresses": CODE}),
        (
            replace(CARL, alternative_addresses=at(("HOME", ""))),
            {"alternativeAddresses": " is not an e-mail address."},
        ),
        (
            replace(CARL, alternative_addresses=at(("HOME", "c@home.example"), ("HOME", "c@boat.example"))),
            {"alternativeAddresses": "HOME c@home.example is given twice."},
        ),
        (
            replace(CARL, alternative_addresses=at(("HOME", "c@home.example"), ("BOAT", "c@home.example"))),
            {"alternativeAddresses": "HOME c@home.example is given twice."},
        ),
        (
            replace(CARL, alternative_addresses=at(("HOME", CARL.email))),
            {"alternativeAddresses": f"HOME {CARL.email} is given twice."},
        ),
        (
            Salesperson("", "", "anna", at(("?", "x"))),
            {
                "code": NUMBER_RULE,
                "name": NAME,
                "email": "anna is not an e-mail address.",
                "alternativeAddresses": CODE,
            },
        ),
    ],
)
def test_faults_are_told_by_the_fields_of_the_api(person: Contact | Salesperson, faults: dict[str, str]) -> None:
    assert faults_of(person) == faults


def test_a_person_is_tidied_before_anything_is_compared() -> None:
    written = replace(
        CARL,
        name=" Carl Munro\t",
        email=" Carl@GlenCorran.example ",
        alternative_addresses=at((" HOME ", "Carl@HOME.example")),
        etag='"old"',
    )
    assert tidied(written) == replace(CARL, alternative_addresses=at(("HOME", "carl@home.example")))


def test_addresses_come_with_their_codes() -> None:
    person = replace(CARL, alternative_addresses=at(("HOME", "carl@home.example")))
    assert addresses_of(person) == {"carl@glencorran.example": "", "carl@home.example": "HOME"}
    assert addresses_of(replace(CARL, email="")) == {}


def test_a_company_is_its_own_company() -> None:
    assert DISTILLERY.contact_company_no == "CT000001"
    assert CARL.contact_company_no == "CT000001"
    assert replace(CARL, company_no="").contact_company_no == ""
