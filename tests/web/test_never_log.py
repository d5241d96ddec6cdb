"""Never-log rules, messages that are processed again, and whom held messages are from, over HTTP."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import DOMAIN, LOGGING_MAILBOX
from tests.jobs.company import ANNA, BEN, letter
from tests.web.conftest import WITHIN, Running, run_until_done
from tests.web.lists import everything_in, pages_of

RULES = "/api/never-log"
MESSAGES = "/api/email-logging/messages"
UNMATCHED = "/api/email-logging/unmatched"


@pytest.fixture
def rules(admin: httpx.Client) -> Iterator[httpx.Client]:
    """An administrator's client. The rules of the test are removed at its end."""
    before = {rule["id"] for rule in everything_in(admin, RULES)}
    yield admin
    for rule in everything_in(admin, RULES):
        if rule["id"] not in before:
            admin.delete(f"{RULES}/{rule['id']}").raise_for_status()


def ruled(client: httpx.Client, kind: str, value: str) -> dict[str, Any]:
    """The rule, made."""
    made: dict[str, Any] = client.post(RULES, json={"kind": kind, "value": value}).raise_for_status().json()
    return made


def received(running: Running, admin: httpx.Client, mail: bytes, message_id: str) -> dict[str, Any]:
    """The ledger's row of a mail that has come."""
    running.tenant.exchange.mailbox(LOGGING_MAILBOX).put(mail)
    run_until_done(admin)
    return next(row for row in everything_in(admin, MESSAGES) if row["internetMessageId"] == message_id)


def test_the_whole_life_of_a_rule(rules: httpx.Client, reader: httpx.Client) -> None:
    made = rules.post(RULES, json={"kind": "Address", "value": " Doctor@Clinic.example ", "comment": "My doctor"})

    assert made.status_code == 201
    rule = made.json()
    assert set(rule) == {"id", "etag", "kind", "value", "comment", "createdAt", "createdBy"}
    assert (rule["kind"], rule["value"], rule["comment"]) == ("Address", "doctor@clinic.example", "My doctor")
    assert rule["createdBy"] == "Test Person"
    assert made.headers["Location"].endswith(f"{RULES}/{rule['id']}")
    assert everything_in(reader, RULES)[-1] == rule

    assert rules.delete(made.headers["Location"]).status_code == 204
    assert rule not in everything_in(reader, RULES)
    again = rules.delete(made.headers["Location"])
    assert (again.status_code, again.headers["Content-Type"]) == (404, "application/problem+json")


def test_rules_are_listed_oldest_first_in_pages(rules: httpx.Client) -> None:
    made = [ruled(rules, "Domain", f"bank{number}.example") for number in range(5)]

    assert everything_in(rules, RULES) == made
    assert pages_of(rules, RULES, top=2) == [made[:2], made[2:4], made[4:]]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"kind": "Address", "value": "clinic.example"}, "value"),
    "no domain": ({"kind": "Domain", "value": "two words.example"}, "value"),
    "an address as a domain": ({"kind": "Domain", "value": "a@clinic.example"}, "value"),
    "nothing": ({"kind": "Address", "value": ""}, "value"),
    "another kind": ({"kind": "Planet", "value": "x"}, "kind"),
    "no kind": ({"value": "a@clinic.example"}, "kind"),
    "an unknown field": ({"kind": "Domain", "value": "clinic.example", "until": "2027-01-01"}, "until"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rule_that_is_not_valid_is_refused_with_the_field_named(rules: httpx.Client, fault: str) -> None:
    body, field = FAULTS[fault]
    before = everything_in(rules, RULES)

    answer = rules.post(RULES, json=body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert everything_in(rules, RULES) == before


@pytest.mark.parametrize(
    ("kind", "value"),
    [("Address", "pia@private.example"), ("Domain", "Private.example"), ("Contact", "private"), ("Salesperson", "bw")],
)
def test_mail_that_a_rule_names_is_excluded_and_its_subject_not_kept(
    running: Running, rules: httpx.Client, kind: str, value: str
) -> None:
    contact = {"no": "PRIVATE", "name": "Pía", "email": "pia@private.example"}
    assert rules.post("/api/contacts", json=contact).status_code in {201, 409}
    rule = ruled(rules, kind, value)
    run_until_done(rules)  # a rule counts from the next run on: the timer may be in the middle of one
    message_id = f"<private-{kind}@letters.example>"

    row = received(
        running, rules, letter("pia@private.example", BEN, message_id=message_id, subject="My knee"), message_id
    )

    assert (row["outcome"], row["subject"], row["to"], row["interactionIds"]) == ("excluded", "", [], [])
    rules.delete(f"{RULES}/{rule['id']}").raise_for_status()
    run_until_done(rules)
    after = message_id.replace("private", "open")
    row = received(running, rules, letter("pia@private.example", BEN, message_id=after, subject="Lamps"), after)
    assert (row["outcome"], row["subject"]) == ("logged", "Lamps")


def test_a_held_message_is_logged_when_its_sender_becomes_known(
    running: Running, admin: httpx.Client, reader: httpx.Client
) -> None:
    for number in range(3):
        message_id = f"<held-{number}@letters.example>"
        row = received(running, admin, letter("una@unknown.example", ANNA, message_id=message_id), message_id)
        assert row["outcome"] == "unmatched"
    held = {one["address"]: one["count"] for one in everything_in(reader, UNMATCHED)}
    assert held["una@unknown.example"] == 3
    assert ANNA not in held
    counts = [one["count"] for one in everything_in(reader, UNMATCHED)]
    assert counts == sorted(counts, reverse=True)

    admin.post("/api/contacts", json={"no": "UNA", "name": "Una", "email": "una@unknown.example"}).raise_for_status()
    run_until_done(admin)

    assert "una@unknown.example" not in {one["address"] for one in everything_in(reader, UNMATCHED)}
    entries = everything_in(reader, "/api/interactions", contactNo="UNA")
    assert {one["message"]["internetMessageId"] for one in entries} == {
        f"<held-{number}@letters.example>" for number in range(3)
    }


def retried(admin: httpx.Client, address: str) -> httpx.Response:
    """The answer to a retry when no run is at work on the mailbox, as the timer's or a notification's may be."""
    deadline = time.monotonic() + WITHIN
    while (answer := admin.post(address)).status_code == 409 and "at work" in answer.text:
        assert time.monotonic() < deadline
    return answer


def test_a_message_is_processed_again_while_it_is_held_and_not_once_it_is_logged(
    running: Running, admin: httpx.Client, sales: httpx.Client
) -> None:
    message_id = "<again@letters.example>"
    row = received(running, admin, letter("again@unknown.example", ANNA, message_id=message_id), message_id)
    address = f"{MESSAGES}/{row['id']}/retry"
    assert sales.post(address).status_code == 403

    still = retried(admin, address)
    assert (still.status_code, still.json()["outcome"]) == (200, "unmatched")
    contact = {"no": "AGAIN", "name": "Again", "email": "again@unknown.example"}
    admin.post("/api/contacts", json=contact).raise_for_status()
    run_until_done(admin)

    refused = admin.post(address)
    assert (refused.status_code, "logged" in refused.json()["detail"]) == (409, True)
    assert len(everything_in(admin, "/api/interactions", contactNo="AGAIN")) == 1
    unknown = admin.post(f"{MESSAGES}/{row['id'][:-4]}0000/retry")
    assert unknown.status_code == 404
    assert admin.post(f"{MESSAGES}/x@{DOMAIN}/retry").status_code == 422
