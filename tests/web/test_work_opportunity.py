"""An opportunity over HTTP, from its first to its last day."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.jobs.company import ANNA, CARL
from tests.web.conftest import Running
from tests.web.lists import everything_in, pages_of
from tests.web.pipeline import OPPORTUNITIES, WISH, Make, numbers
from tests.web.test_bad_input import check_problem
from tests.web.test_opportunities import KEYS

ENTRY_KEYS = {
    "entryNo", "etag", "action", "active", "salesCycleCode", "stage", "stageDescription", "previousStage",
    "dateOfChange", "dateClosed", "daysOpen", "estimatedValue", "chancesOfSuccess", "completed", "probability",
    "calculatedCurrentValue", "estimatedCloseDate", "closeOpportunityCode",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("pipeline")


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
