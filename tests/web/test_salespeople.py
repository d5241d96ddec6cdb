"""Salespeople over HTTP, from the first to the last day of one."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.jobs.company import CARL
from tests.web.conftest import Running
from tests.web.lists import everything_in

SALESPEOPLE = "/api/salespeople"
KEYS = {"code", "etag", "name", "email", "alternativeAddresses", "blocked"}


def test_the_whole_life_of_a_salesperson(running: Running, admin: httpx.Client) -> None:
    wish = {
        "code": "LIFE",
        "name": "Þórdís",
        "email": "Thordis@nordurljos.example",
        "alternativeAddresses": [{"code": "OLD", "email": "thordis@before.example"}],
        "blocked": True,
    }

    created = admin.post(SALESPEOPLE, json=wish)

    assert created.status_code == 201
    assert created.headers["Location"] == f"{running.web}{SALESPEOPLE}/LIFE"
    salesperson = created.json()
    assert set(salesperson) == KEYS
    assert created.headers["ETag"] == salesperson["etag"]
    assert salesperson == wish | {"email": "thordis@nordurljos.example", "etag": salesperson["etag"]}

    read = admin.get(f"{SALESPEOPLE}/life")
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, salesperson, salesperson["etag"])

    stale = admin.put(f"{SALESPEOPLE}/LIFE", json={"name": "X"}, headers={"If-Match": '"another"'})
    assert (stale.status_code, admin.get(f"{SALESPEOPLE}/LIFE").json()) == (412, salesperson)
    changed = admin.put(f"{SALESPEOPLE}/LIFE", json={"name": "Dísa"}, headers={"If-Match": salesperson["etag"]})
    assert changed.status_code == 200
    assert changed.json() == {
        "code": "LIFE", "name": "Dísa", "email": "", "alternativeAddresses": [], "blocked": False,
        "etag": changed.headers["ETag"],
    }  # fmt: skip

    stale = admin.delete(f"{SALESPEOPLE}/LIFE", headers={"If-Match": salesperson["etag"]})
    assert stale.status_code == 412
    deleted = admin.delete(f"{SALESPEOPLE}/LIFE", headers={"If-Match": "*"})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert admin.get(f"{SALESPEOPLE}/LIFE").status_code == 404
    assert admin.delete(f"{SALESPEOPLE}/LIFE").status_code == 404


def test_salespeople_are_listed_by_code(admin: httpx.Client) -> None:
    codes = [salesperson["code"].upper() for salesperson in everything_in(admin, SALESPEOPLE)]

    assert codes == sorted(codes)
    assert {"AK", "BW"} <= set(codes)


def test_a_code_and_the_address_of_a_contact_are_taken(admin: httpx.Client) -> None:
    code = admin.post(SALESPEOPLE, json={"code": "ak", "name": "Another"})
    address = admin.post(SALESPEOPLE, json={"code": "LATE", "name": "Late", "email": CARL})

    assert (code.status_code, address.status_code) == (409, 409)
    assert "contact CT000002" in address.json()["detail"]
    assert admin.get(f"{SALESPEOPLE}/LATE").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"code": ""}, "code"),
        ({"code": "A B"}, "code"),
        ({"email": "anna"}, "email"),
        ({"blocked": "yes"}, "blocked"),
        ({"blocked": 1}, "blocked"),
        ({"alternativeAddresses": [{"code": "A", "email": "no"}]}, "alternativeAddresses"),
        ({"privacyBlocked": True}, "privacyBlocked"),
    ],
)
def test_a_salesperson_who_is_not_valid_is_refused_with_the_field_named(
    admin: httpx.Client, wrong: dict[str, Any], field: str
) -> None:
    before = everything_in(admin, SALESPEOPLE)

    answer = admin.post(SALESPEOPLE, json={"code": "FAULT", "name": "Name", **wrong})

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert everything_in(admin, SALESPEOPLE) == before


def test_a_body_with_another_code_is_refused(admin: httpx.Client) -> None:
    before = admin.get(f"{SALESPEOPLE}/BW").json()

    answer = admin.put(f"{SALESPEOPLE}/BW", json=before | {"code": "AK"})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["code"])
    assert admin.get(f"{SALESPEOPLE}/BW").json() == before


def test_a_new_name_shows_in_the_entries_and_a_salesperson_with_entries_stays(
    logged: Callable[..., dict[str, Any]], admin: httpx.Client
) -> None:
    una = {"code": "UNA", "name": "Una", "email": "una@nordurljos.example"}
    admin.post(SALESPEOPLE, json=una).raise_for_status()
    entry = logged("una@nordurljos.example", CARL, message_id="<una@letters.example>")
    assert (entry["salespersonCode"], entry["salespersonName"]) == ("UNA", "Una")

    admin.put(f"{SALESPEOPLE}/UNA", json=una | {"name": "Una Sveins", "blocked": True}).raise_for_status()

    assert admin.get(f"/api/interactions/{entry['id']}").json()["salespersonName"] == "Una Sveins"
    refused = admin.delete(f"{SALESPEOPLE}/UNA")
    assert (refused.status_code, "UNA" in refused.json()["detail"]) == (409, True)
    assert admin.get(f"{SALESPEOPLE}/UNA").status_code == 200


def test_a_blocked_salespersons_mail_is_still_logged_but_gets_no_opportunity(
    logged: Callable[..., dict[str, Any]], admin: httpx.Client
) -> None:
    blocked = {"code": "BLOCKED", "name": "Blocked", "email": "blocked@nordurljos.example", "blocked": True}
    admin.post(SALESPEOPLE, json=blocked).raise_for_status()
    entry = logged("blocked@nordurljos.example", CARL, message_id="<blocked@letters.example>")

    answer = admin.post(f"/api/interactions/{entry['id']}/opportunity")

    assert (answer.status_code, "BLOCKED" in answer.json()["detail"]) == (409, True)
    assert admin.get(f"/api/interactions/{entry['id']}").json() == {**entry, "comments": []}
