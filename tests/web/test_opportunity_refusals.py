"""What is refused to who works an opportunity over HTTP, in which order, and that it changes nothing."""

from typing import Any

import httpx
import pytest

from tests.web.lists import everything_in
from tests.web.pipeline import OPPORTUNITIES, WISH, Make, numbers
from tests.web.test_bad_input import check_problem

pytestmark = pytest.mark.usefixtures("pipeline")


WISHES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no description": ({"description": ""}, ("description",)),
    "no contact": ({"contactNo": None}, ("contactNo",)),
    "nobody we know": ({"contactNo": "NONE", "salespersonCode": "NONE"}, ("contactNo", "salespersonCode")),
    "no such cycle": ({"salesCycleCode": "NONE"}, ("salesCycleCode",)),
    "another priority": ({"priority": "Urgent"}, ("priority",)),
    "a value below nothing": ({"estimatedValue": -1}, ("estimatedValue",)),
    "a value in letters": ({"estimatedValue": "12"}, ("estimatedValue",)),
    "a status": ({"status": "Won"}, ("status",)),
}


@pytest.mark.parametrize("how", WISHES)
def test_an_opportunity_that_is_not_valid_is_not_made(sales: httpx.Client, how: str) -> None:
    changes, fields = WISHES[how]
    before = everything_in(sales, OPPORTUNITIES)
    check_problem(sales.post(OPPORTUNITIES, json=WISH | changes), 422, *fields)
    assert everything_in(sales, OPPORTUNITIES) == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contactNo": "SECRET"}, "Contact SECRET is privacy blocked"),
        ({"salespersonCode": "OUT"}, "Salesperson OUT is"),
    ],
)
def test_who_is_blocked_gets_no_opportunity(
    sales: httpx.Client, make: Make, changes: dict[str, str], reason: str
) -> None:
    for answer in (sales.post(OPPORTUNITIES, json=WISH | changes), sales.patch(make(), json=changes)):
        check_problem(answer, 409)
        assert answer.json()["detail"].startswith(reason)


BAD_STAGES: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "no action": (("First",), {}, "action"),
    "another action": (("First",), {"action": "Won"}, "action"),
    "a stage in letters": (("First",), {"action": "Skip", "stage": "2"}, "stage"),
    "Skip to nowhere": (("First",), {"action": "Skip"}, "stage"),
    "Skip backward": (("First", "Next"), {"action": "Skip", "stage": 1}, "stage"),
    "Jump forward": (("First",), {"action": "Jump", "stage": 2}, "stage"),
    "no such stage": (("First",), {"action": "Skip", "stage": 9}, "stage"),
    "a date before the active entry's": (("First",), {"action": "Next", "dateOfChange": "2020-01-01"}, "dateOfChange"),
    "no date": (("First",), {"action": "Next", "dateOfChange": "2026-02-30"}, "dateOfChange"),
    "chances above 100": (("First",), {"action": "Update", "chancesOfSuccess": 101}, "chancesOfSuccess"),
    "an unknown field": (("First",), {"action": "Next", "completed": 5}, "completed"),
}


@pytest.mark.parametrize("how", BAD_STAGES)
def test_an_action_that_is_not_valid_is_422_also_with_a_stale_tag(sales: httpx.Client, make: Make, how: str) -> None:
    actions, body, field = BAD_STAGES[how]
    address = make(*actions)
    before = sales.get(address).json()
    for headers in ({}, {"If-Match": '"old"'}):
        check_problem(sales.post(f"{address}/stage", json=body, headers=headers), 422, field)
    assert sales.get(address).json() == before


CONFLICTS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "Next before First": ((), {"action": "Next"}),
    "Update before First": ((), {"action": "Update"}),
    "First twice": (("First",), {"action": "First"}),
    "Previous from the first": (("First",), {"action": "Previous"}),
    "Next without a quote": (("First", "Next"), {"action": "Next"}),
    "Skip without a quote": (("First",), {"action": "Skip", "stage": 3}),
    "Skip over what may not be skipped": (("First",), {"action": "Skip", "stage": 4}),
}


@pytest.mark.parametrize("how", CONFLICTS)
def test_an_action_that_the_state_does_not_allow_is_409_and_412_comes_before(
    sales: httpx.Client, make: Make, how: str
) -> None:
    actions, body = CONFLICTS[how]
    address = make(*actions)
    before = sales.get(address).json()
    check_problem(sales.post(f"{address}/stage", json=body, headers={"If-Match": '"old"'}), 412)
    check_problem(sales.post(f"{address}/stage", json=body, headers={"If-Match": before["etag"]}), 409)
    assert sales.get(address).json() == before


BAD_CLOSINGS: dict[str, tuple[dict[str, Any], str]] = {
    "another result": ({"result": "Drawn"}, "result"),
    "no code": ({"closeOpportunityCode": None}, "closeOpportunityCode"),
    "no such code": ({"closeOpportunityCode": "NONE"}, "closeOpportunityCode"),
    "a code of the other type": ({"closeOpportunityCode": "BAD"}, "closeOpportunityCode"),
    "won for nothing": ({"value": 0}, "value"),
    "won, never estimated": ({"value": None}, "value"),
    "a date before the active entry's": ({"dateClosed": "2020-01-01"}, "dateClosed"),
    "an unknown field": ({"status": "Won"}, "status"),
}


@pytest.mark.parametrize("how", BAD_CLOSINGS)
def test_a_closing_that_is_not_valid_is_422(sales: httpx.Client, make: Make, how: str) -> None:
    changes, field = BAD_CLOSINGS[how]
    address = make("First")
    body = {"result": "Won", "closeOpportunityCode": "GOOD", "value": 5} | changes
    check_problem(sales.post(f"{address}/close", json=body, headers={"If-Match": '"old"'}), 422, field)
    assert sales.get(address).json()["status"] == "In Progress"


def test_a_closed_opportunity_cannot_be_changed_and_can_be_deleted(sales: httpx.Client, make: Make) -> None:
    address = make("First", estimatedValue=500)
    check_problem(sales.delete(address), 409)
    lost = {"result": "Lost", "closeOpportunityCode": "BAD"}
    check_problem(sales.post(f"{address}/close", json=lost, headers={"If-Match": '"old"'}), 412)
    closed = sales.post(f"{address}/close", json=lost).raise_for_status().json()
    assert (closed["status"], numbers(closed)) == ("Lost", (1, 0, 100, 0, 500, 0))

    refused = [
        sales.patch(address, json={"description": "x"}),
        sales.post(f"{address}/stage", json={"action": "Next"}),
        sales.post(f"{address}/close", json=lost),
        sales.post(f"{address}/close", json={"result": "Won", "closeOpportunityCode": "GOOD", "value": 5}),
    ]
    for answer in refused:
        check_problem(answer, 409)
    assert sales.get(address).json() == closed
    check_problem(sales.delete(address, headers={"If-Match": '"old"'}), 412)
    assert sales.delete(address, headers={"If-Match": closed["etag"]}).status_code == 204


CORRECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "an empty description": ({"description": ""}, "description"),
    "null": ({"description": None}, "description"),
    "nobody we know": ({"contactNo": "NONE"}, "contactNo"),
    "a status": ({"status": "Won"}, "status"),
    "a number for a date": ({"estimatedCloseDate": 20270101}, "estimatedCloseDate"),
    "a stage": ({"stage": 3}, "stage"),
}


@pytest.mark.parametrize("how", CORRECTIONS)
def test_a_correction_that_is_not_valid_changes_nothing(sales: httpx.Client, make: Make, how: str) -> None:
    changes, field = CORRECTIONS[how]
    address = make()
    before = sales.get(address).json()
    check_problem(sales.patch(address, json=changes, headers={"If-Match": '"old"'}), 422, field)
    check_problem(sales.patch(address, json={"description": "x"}, headers={"If-Match": '"old"'}), 412)
    assert sales.get(address).json() == before


def test_what_is_not_there_is_404(sales: httpx.Client) -> None:
    nowhere = f"{OPPORTUNITIES}/OP999999"
    stale = {"If-Match": '"old"'}
    won = {"result": "Won", "closeOpportunityCode": "GOOD", "value": 5}
    for answer in (
        sales.get(f"{nowhere}/entries"),
        sales.patch(nowhere, json={"description": "x"}, headers=stale),
        sales.delete(nowhere, headers=stale),
        sales.post(f"{nowhere}/stage", json={"action": "Jump", "stage": 9}, headers=stale),
        sales.post(f"{nowhere}/close", json=won, headers=stale),
    ):
        check_problem(answer, 404)
