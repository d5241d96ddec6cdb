"""Contacts over HTTP, from the first to the last day of one."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.jobs.company import ANNA, CARL
from tests.web.lists import everything_in

CONTACTS = "/api/contacts"
KEYS = {
    "no", "etag", "type", "name", "companyNo", "email", "alternativeAddresses", "salespersonCode", "privacyBlocked"
}  # fmt: skip


def test_the_whole_life_of_a_contact(sales: httpx.Client, running: Any) -> None:
    wish = {
        "no": "CTLIFE",
        "type": "Person",
        "name": "  Unnur Birta  ",
        "companyNo": "CT000001",
        "email": " Unnur@Life.example ",
        "alternativeAddresses": [{"code": "HOME", "email": "UNNUR@home.example"}],
        "salespersonCode": "AK",
        "privacyBlocked": False,
    }

    created = sales.post(CONTACTS, json=wish)

    assert created.status_code == 201
    assert created.headers["Location"] == f"{running.web}{CONTACTS}/CTLIFE"
    contact = created.json()
    assert set(contact) == KEYS
    assert created.headers["ETag"] == contact["etag"]
    assert contact == wish | {
        "name": "Unnur Birta",
        "email": "unnur@life.example",
        "alternativeAddresses": [{"code": "HOME", "email": "unnur@home.example"}],
        "etag": contact["etag"],
    }

    read = sales.get(created.headers["Location"])
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, contact, contact["etag"])
    assert sales.get(f"{CONTACTS}/ctlife").json() == contact

    changed = sales.put(f"{CONTACTS}/CTLIFE", json=contact | {"name": "Unnur Birta Ólafsdóttir"})
    assert changed.status_code == 200
    assert changed.json()["etag"] == changed.headers["ETag"] != contact["etag"]
    assert changed.json() | {"etag": contact["etag"], "name": "Unnur Birta"} == contact

    shorter = sales.put(f"{CONTACTS}/CTLIFE", json={"name": "Unnur"}).raise_for_status().json()
    assert (shorter["email"], shorter["alternativeAddresses"], shorter["companyNo"]) == ("", [], "")

    deleted = sales.delete(f"{CONTACTS}/CTLIFE")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for gone in (
        sales.get(f"{CONTACTS}/CTLIFE"),
        sales.put(f"{CONTACTS}/CTLIFE", json=wish),
        sales.delete(f"{CONTACTS}/CTLIFE"),
    ):
        assert (gone.status_code, gone.json()["title"]) == (404, "Not Found")


def test_a_contact_without_a_number_gets_the_next_of_the_series(sales: httpx.Client) -> None:
    first, second = (sales.post(CONTACTS, json={"name": "Somebody"}).json()["no"] for _ in range(2))

    assert first.startswith("CT")
    assert int(second[2:]) == int(first[2:]) + 1
    assert first not in {"CT000001", "CT000002", "CT000003"}


def test_contacts_are_listed_by_number(sales: httpx.Client) -> None:
    for number in ("CTORDER2", "ctorder1", "CTORDER10"):
        sales.post(CONTACTS, json={"no": number, "name": "In order"}).raise_for_status()

    numbers = [contact["no"].upper() for contact in everything_in(sales, CONTACTS)]

    assert numbers == sorted(numbers)
    assert {"CTORDER1", "CTORDER10", "CTORDER2"} <= set(numbers)


@pytest.mark.parametrize(
    ("if_match", "status"),
    [("current", 200), ("*", 200), ('"other", current', 200), ('"other"', 412), ("", 412), ("nonsense", 412)],
)
def test_if_match_guards_a_change(sales: httpx.Client, if_match: str, status: int) -> None:
    number = f"CTMATCH{sum(map(ord, if_match))}"
    contact = sales.post(CONTACTS, json={"no": number, "name": "Before"}).raise_for_status().json()
    headers = {"If-Match": if_match.replace("current", contact["etag"])}

    answer = sales.put(f"{CONTACTS}/{number}", json={"name": "After"}, headers=headers)

    assert answer.status_code == status
    assert sales.get(f"{CONTACTS}/{number}").json()["name"] == ("After" if status == 200 else "Before")


def test_a_stale_tag_guards_a_deletion_too(sales: httpx.Client) -> None:
    contact = sales.post(CONTACTS, json={"no": "CTSTALE", "name": "Before"}).json()
    changed = sales.put(f"{CONTACTS}/CTSTALE", json={"name": "After"}).json()

    assert sales.delete(f"{CONTACTS}/CTSTALE", headers={"If-Match": contact["etag"]}).status_code == 412
    assert sales.get(f"{CONTACTS}/CTSTALE").json() == changed
    assert sales.delete(f"{CONTACTS}/CTSTALE", headers={"If-Match": changed["etag"]}).status_code == 204


def test_a_number_is_taken_whatever_its_case(sales: httpx.Client) -> None:
    before = sales.get(f"{CONTACTS}/CT000002").json()

    answer = sales.post(CONTACTS, json={"no": "ct000002", "name": "Another"})

    assert (answer.status_code, "CT000002" in answer.json()["detail"].upper()) == (409, True)
    assert sales.get(f"{CONTACTS}/CT000002").json() == before


TAKEN = {
    "the primary one of a contact": (CARL, "contact CT000002"),
    "in another case": (CARL.upper(), "contact CT000002"),
    "an alternative one of a contact": ("carl@home.example", "contact CT000002"),
    "one of a salesperson": (ANNA, "salesperson AK"),
}


@pytest.mark.parametrize("how", TAKEN)
def test_an_address_that_somebody_has_is_refused_and_the_owner_named(sales: httpx.Client, how: str) -> None:
    address, owner = TAKEN[how]
    other = {"no": "CTTAKEN", "name": "Late", "email": "late@taken.example"}
    alternative = [{"code": "X", "email": address}]

    for person in (other | {"email": address}, other | {"alternativeAddresses": alternative}):
        answer = sales.post(CONTACTS, json=person)
        assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
        assert owner in answer.json()["detail"]
        assert sales.get(f"{CONTACTS}/CTTAKEN").status_code == 404

    # What was refused holds nothing: its own address is free.
    assert sales.post(CONTACTS, json=other).status_code == 201
    assert sales.put(f"{CONTACTS}/CTTAKEN", json=other | {"email": address}).status_code == 409
    assert sales.get(f"{CONTACTS}/CTTAKEN").json()["email"] == "late@taken.example"
    assert sales.delete(f"{CONTACTS}/CTTAKEN").status_code == 204


def test_an_address_that_was_given_up_is_free_for_another(sales: httpx.Client) -> None:
    address = "wanders@free.example"
    sales.post(CONTACTS, json={"no": "CTFREE1", "name": "First", "email": address}).raise_for_status()
    moved = sales.put(
        f"{CONTACTS}/CTFREE1",
        json={"name": "First", "alternativeAddresses": [{"code": "OLD", "email": address}]},
    )
    assert moved.status_code == 200
    assert sales.post(CONTACTS, json={"no": "CTFREE2", "name": "Second", "email": address}).status_code == 409

    sales.put(f"{CONTACTS}/CTFREE1", json={"name": "First"}).raise_for_status()
    assert sales.post(CONTACTS, json={"no": "CTFREE2", "name": "Second", "email": address}).status_code == 201

    sales.delete(f"{CONTACTS}/CTFREE2").raise_for_status()
    assert sales.post(CONTACTS, json={"no": "CTFREE3", "name": "Third", "email": address}).status_code == 201


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "name"),
    "a name of blanks": ({"name": "   "}, "name"),
    "a name of 251 characters": ({"name": "x" * 251}, "name"),
    "no at sign": ({"email": "carl.example"}, "email"),
    "two at signs": ({"email": "a@b@c.example"}, "email"),
    "nothing before it": ({"email": "@c.example"}, "email"),
    "white space within": ({"email": "a b@c.example"}, "email"),
    "255 characters": ({"email": "a" * 243 + "@abc.example"}, "email"),
    "a slash in the number": ({"no": "CT/1"}, "no"),
    "a quotation mark in the number": ({"no": "CT'1"}, "no"),
    "a number of 51 characters": ({"no": "C" * 51}, "no"),
    "a company that is not there": ({"companyNo": "CT999999"}, "companyNo"),
    "a person as company": ({"companyNo": "CT000002"}, "companyNo"),
    "a company in a company": ({"type": "Company", "companyNo": "CT000001"}, "companyNo"),
    "a salesperson who is not there": ({"salespersonCode": "NOBODY"}, "salespersonCode"),
    "an unknown type": ({"type": "Robot"}, "type"),
    "a bad alternative address": ({"alternativeAddresses": [{"code": "A", "email": "no"}]}, "alternativeAddresses"),
    "a bad code": ({"alternativeAddresses": [{"code": "A B", "email": "a@b.example"}]}, "alternativeAddresses"),
    "a code twice": (
        {"alternativeAddresses": [{"code": "A", "email": "a@b.example"}, {"code": "A", "email": "c@b.example"}]},
        "alternativeAddresses",
    ),
    "an address twice": (
        {"email": "a@b.example", "alternativeAddresses": [{"code": "A", "email": "A@b.example"}]},
        "alternativeAddresses",
    ),
    "no code": ({"alternativeAddresses": [{"email": "a@b.example"}]}, "alternativeAddresses.0.code"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_contact_that_is_not_valid_is_refused_with_the_field_named(sales: httpx.Client, fault: str) -> None:
    wrong, field = FAULTS[fault]
    before = sales.get(f"{CONTACTS}/CT000003").json()

    answers = [sales.post(CONTACTS, json={"no": "CTFAULT", "name": "Name", **wrong})]
    if field != "no":
        answers.append(sales.put(f"{CONTACTS}/CT000003", json={**before, **wrong}))

    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
        assert field in [error["field"] for error in answer.json()["errors"]]
    assert sales.get(f"{CONTACTS}/CTFAULT").status_code == 404
    assert sales.get(f"{CONTACTS}/CT000003").json() == before


def test_a_body_with_another_number_is_refused_and_changes_nothing(sales: httpx.Client) -> None:
    before = sales.get(f"{CONTACTS}/CT000003").json()

    answer = sales.put(f"{CONTACTS}/CT000003", json=before | {"no": "CT000002", "name": "Other"})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["no"])
    assert sales.get(f"{CONTACTS}/CT000003").json() == before


def test_a_new_name_shows_in_the_entries_and_a_contact_with_entries_stays(
    logged: Callable[..., dict[str, Any]], sales: httpx.Client
) -> None:
    company = {"no": "CTUSEDC", "type": "Company", "name": "Old Harbour"}
    person = {"no": "CTUSEDP", "name": "Una", "companyNo": "CTUSEDC", "email": "una@harbour.example"}
    for one in (company, person):
        sales.post(CONTACTS, json=one).raise_for_status()
    entry = logged(ANNA, "una@harbour.example", message_id="<used@letters.example>")
    assert (entry["contactName"], entry["companyName"]) == ("Una", "Old Harbour")

    for one, name in ((person, "Una Sveins"), (company, "New Harbour")):
        sales.put(f"{CONTACTS}/{one['no']}", json=one | {"name": name}).raise_for_status()

    seen = sales.get(f"/api/interactions/{entry['id']}").json()
    assert (seen["contactName"], seen["companyName"]) == ("Una Sveins", "New Harbour")
    (listed,) = everything_in(sales, "/api/interactions", contactNo="CTUSEDP")
    assert (listed["contactName"], listed["companyName"]) == ("Una Sveins", "New Harbour")
    for one in (person, company):
        refused = sales.delete(f"{CONTACTS}/{one['no']}")
        assert (refused.status_code, one["no"] in refused.json()["detail"]) == (409, True)
        assert sales.get(f"{CONTACTS}/{one['no']}").status_code == 200
