"""An opportunity over HTTP from its first to its last day, and what is refused on the way."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.jobs.company import ANNA, CARL
from tests.web.conftest import Running
from tests.web.lists import everything_in, pages_of
from tests.web.test_bad_input import check_problem
from tests.web.test_opportunities import KEYS, OPPORTUNITIES
from tests.web.test_sales_cycles import a_cycle, a_stage

WISH = {"description": "Forty lamps", "contactNo": "CT000002", "salespersonCode": "AK", "salesCycleCode": "WORK"}
ENTRY_KEYS = {
    "entryNo", "etag", "action", "active", "salesCycleCode", "stage", "stageDescription", "previousStage",
    "dateOfChange", "dateClosed", "daysOpen", "estimatedValue", "chancesOfSuccess", "completed", "probability",
    "calculatedCurrentValue", "estimatedCloseDate", "closeOpportunityCode",
}  # fmt: skip
type Make = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def pipeline(running: Running) -> None:
    """A cycle of four stages, and codes to close with; a blocked salesperson and a privacy-blocked contact."""
    stages = (
        a_stage(1, completed=10, chancesOfSuccess=20, dateFormula="14D"),
        a_stage(2, completed=30, chancesOfSuccess=40, allowSkip=True),
        a_stage(3, completed=50, chancesOfSuccess=60, quoteRequired=True),
        a_stage(4, completed=90, chancesOfSuccess=80),
    )
    with running.client("EmailLogging.Admin") as admin:
        cycle = a_cycle("WORK", *stages, probabilityCalculation="Multiply")
        admin.post("/api/sales-cycles", json=cycle).raise_for_status()
        for code, kind in (("GOOD", "Won"), ("BAD", "Lost")):
            admin.post("/api/close-opportunity-codes", json={"code": code, "type": kind}).raise_for_status()
        admin.post("/api/salespeople", json={"code": "OUT", "name": "Olaf", "blocked": True}).raise_for_status()
        secret = {"no": "SECRET", "name": "Nemo", "privacyBlocked": True}
        admin.post("/api/contacts", json=secret).raise_for_status()


@pytest.fixture
def make(sales: httpx.Client) -> Make:
    """The address of a new opportunity, after these actions: `make("First", "Next", estimatedValue=5)`."""

    def made(*actions: str, **wish: Any) -> str:
        no = sales.post(OPPORTUNITIES, json=WISH | wish).raise_for_status().json()["no"]
        for action in actions:
            sales.post(f"{OPPORTUNITIES}/{no}/stage", json={"action": action}).raise_for_status()
        return f"{OPPORTUNITIES}/{no}"

    return made


def numbers(opportunity: dict[str, Any]) -> tuple[Any, ...]:
    names = ("stage", "chancesOfSuccess", "completed", "probability", "estimatedValue", "calculatedCurrentValue")
    return tuple(opportunity[name] for name in names)


def test_the_whole_life_of_an_opportunity(running: Running, sales: httpx.Client) -> None:
    created = sales.post(OPPORTUNITIES, json=WISH | {"estimatedValue": 1000.1, "priority": "High"})

    opportunity = created.json()
    assert (created.status_code, set(opportunity)) == (201, KEYS)
    address = created.headers["Location"]
    assert address == f"{running.web}{OPPORTUNITIES}/{opportunity['no']}"
    expected = WISH | {"status": "Not Started", "priority": "High", "contactName": "Carl Munro", "interactionCount": 0}
    assert opportunity | expected == opportunity
    assert numbers(opportunity) == (0, 0, 0, 0, 1000.1, 0)
    read = sales.get(address)
    assert (read.json(), read.headers["ETag"]) == (opportunity, created.headers["ETag"])

    def act(action: str, **more: Any) -> dict[str, Any]:
        answer = sales.post(f"{address}/stage", json={"action": action, **more})
        assert (answer.status_code, answer.headers["ETag"]) == (200, answer.json()["etag"]), answer.text
        assert sales.get(address).json() == answer.json()
        acted: dict[str, Any] = answer.json()
        return acted

    first = act("First", dateOfChange="2026-01-01")
    assert (first["status"], first["stageDescription"], first["estimatedCloseDate"]) == (
        "In Progress", "Stage 1", "2026-01-15",
    )  # fmt: skip
    assert numbers(first) == (1, 20, 10, 2, 1000.1, 20.002)
    updated = act("Update", dateOfChange="2026-01-05", estimatedValue=2000, chancesOfSuccess=33)
    assert numbers(updated) == (1, 33, 10, 3.3, 2000, 66)
    assert numbers(act("Next", dateOfChange="2026-01-10")) == (2, 33, 30, 9.9, 2000, 198)
    quoted = sales.patch(address, json={"salesQuoteNo": "SQ1"}, headers={"If-Match": sales.get(address).json()["etag"]})
    assert (quoted.status_code, quoted.json()["salesQuoteNo"]) == (200, "SQ1")
    assert numbers(act("Next", dateOfChange="2026-01-10", chancesOfSuccess=0)) == (3, 60, 50, 30, 2000, 600)
    assert numbers(act("Jump", stage=1, dateOfChange="2026-02-01", chancesOfSuccess=99)) == (1, 20, 10, 2, 2000, 40)
    assert numbers(act("Skip", stage=3, dateOfChange="2026-02-01")) == (3, 60, 50, 30, 2000, 600)
    assert numbers(act("Previous", dateOfChange="2026-02-03", chancesOfSuccess=50)) == (2, 50, 30, 15, 2000, 300)

    won = {"result": "Won", "closeOpportunityCode": "good", "dateClosed": "2026-02-13", "value": 1800.5}
    closed = sales.post(f"{address}/close", json=won)
    assert closed.status_code == 200
    expected = {"status": "Won", "dateClosed": "2026-02-13", "closeOpportunityCode": "GOOD"}
    assert closed.json() | expected == closed.json()
    assert numbers(closed.json()) == (2, 100, 100, 100, 2000, 1800.5)

    entries = everything_in(sales, f"{address}/entries")
    assert set(entries[0]) == ENTRY_KEYS
    assert [(e["entryNo"], e["action"], e["stage"], e["previousStage"], e["daysOpen"]) for e in entries] == [
        (8, "Won", 2, 2, 0),
        (7, "Previous", 2, 3, 10),
        (6, "Skip", 3, 1, 2),
        (5, "Jump", 1, 3, 0),
        (4, "Next", 3, 2, 22),
        (3, "Next", 2, 1, 0),
        (2, "Update", 1, 1, 5),
        (1, "First", 1, 0, 4),
    ]
    assert [entry["active"] for entry in entries] == [True] + [False] * 7
    assert [entry["dateClosed"] for entry in entries[:2]] == ["2026-02-13", "2026-02-13"]
    assert [entry for page in pages_of(sales, f"{address}/entries", top=3) for entry in page] == entries

    assert sales.delete(address).status_code == 204
    for gone in (sales.get(address), sales.get(f"{address}/entries"), sales.delete(address)):
        check_problem(gone, 404)


def test_an_open_entry_has_been_open_until_today(sales: httpx.Client, make: Make) -> None:
    address = make()
    sales.post(f"{address}/stage", json={"action": "First", "dateOfChange": "2020-02-20"}).raise_for_status()
    (entry,) = everything_in(sales, f"{address}/entries")
    today = datetime.now(UTC).date()
    assert (entry["dateClosed"], entry["active"]) == (None, True)
    assert entry["daysOpen"] in {(today - datetime(2020, 2, 20, tzinfo=UTC).date()).days - late for late in (-1, 0, 1)}


def test_an_opportunity_carries_the_comments_of_the_entry_that_it_was_made_from(
    sales: httpx.Client, logged: Callable[..., dict[str, Any]]
) -> None:
    entry = logged(ANNA, CARL, message_id="<carries@letters.example>")
    for remark in ("Call in June", "And in July"):
        sales.post(f"/api/interactions/{entry['id']}/comments", json={"comment": remark}).raise_for_status()
    made = sales.post(f"/api/interactions/{entry['id']}/opportunity").raise_for_status().json()

    remarks = sales.get(f"/api/interactions/{entry['id']}").json()["comments"]
    assert [remark["comment"] for remark in remarks] == ["Call in June", "And in July"]
    assert sales.get(f"{OPPORTUNITIES}/{made['no']}/comments").json() == {"value": remarks}
    check_problem(sales.get(f"{OPPORTUNITIES}/OP999999/comments"), 404)


def test_a_deleted_opportunity_leaves_its_entry_and_the_entry_can_become_another(
    sales: httpx.Client, logged: Callable[..., dict[str, Any]]
) -> None:
    entry = logged(ANNA, CARL, message_id="<deleted@letters.example>")
    address = f"/api/interactions/{entry['id']}"
    made = sales.post(f"{address}/opportunity", json={"salesCycleCode": "WORK"}).raise_for_status().json()
    assert made["interactionCount"] == 1

    sales.delete(f"{OPPORTUNITIES}/{made['no']}").raise_for_status()

    assert sales.get(address).json() == entry | {"comments": []}
    assert everything_in(sales, "/api/interactions", opportunityNo=made["no"]) == []
    again = sales.post(f"{address}/opportunity").raise_for_status().json()
    assert again["no"] > made["no"]


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
