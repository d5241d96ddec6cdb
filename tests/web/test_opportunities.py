"""Opportunities over HTTP: made from an entry, once, listed and read."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.sales.date_formula import after
from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import ANNA, BEN, CARL, DISA, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in, pages_of

OPPORTUNITIES = "/api/opportunities"
KEYS = {
    "no", "etag", "description", "contactNo", "contactName", "companyNo", "companyName", "salespersonCode",
    "salesCycleCode", "stage", "stageDescription", "status", "priority", "creationDate", "estimatedValue",
    "chancesOfSuccess", "completed", "probability", "calculatedCurrentValue", "estimatedCloseDate", "dateClosed",
    "closeOpportunityCode", "salesQuoteNo", "interactionCount",
}  # fmt: skip
type Log = Callable[..., dict[str, Any]]


def test_an_opportunity_takes_what_the_entry_says(logged: Log, running: Running, sales: httpx.Client) -> None:
    subject = "A cask for each lamp, " * 8
    entry = logged(ANNA, CARL, message_id="<takes@letters.example>", subject=subject.strip())
    earliest = datetime.now(UTC).date()

    created = sales.post(f"/api/interactions/{entry['id']}/opportunity")

    assert created.status_code == 201
    opportunity = created.json()
    assert set(opportunity) == KEYS
    assert created.headers["Location"] == f"{running.web}{OPPORTUNITIES}/{opportunity['no']}"
    assert created.headers["ETag"] == opportunity["etag"]
    assert earliest.isoformat() <= opportunity["creationDate"] <= datetime.now(UTC).date().isoformat()
    assert (
        opportunity
        | {
            "description": subject[:100],
            "contactNo": "CT000002",
            "contactName": "Carl Munro",
            "companyNo": "CT000001",
            "companyName": "Glen Corran Distillery",
            "salespersonCode": "AK",
            "salesCycleCode": "STANDARD",
            "stage": 0,
            "stageDescription": "",
            "status": "Not Started",
            "priority": "Normal",
            "estimatedValue": 0,
            "chancesOfSuccess": 0,
            "completed": 0,
            "probability": 0,
            "calculatedCurrentValue": 0,
            "estimatedCloseDate": None,
            "dateClosed": None,
            "closeOpportunityCode": "",
            "salesQuoteNo": "",
            "interactionCount": 1,
        }
        == opportunity
    )

    read = sales.get(created.headers["Location"])
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, opportunity, opportunity["etag"])
    assert sales.get(f"/api/interactions/{entry['id']}").json()["opportunityNo"] == opportunity["no"]


def test_an_entry_gives_one_opportunity_only(logged: Log, sales: httpx.Client) -> None:
    entry = logged(ANNA, CARL, message_id="<once@letters.example>")
    first = sales.post(f"/api/interactions/{entry['id']}/opportunity").json()
    count = len(everything_in(sales, OPPORTUNITIES))

    second = sales.post(f"/api/interactions/{entry['id']}/opportunity")

    assert (second.status_code, second.headers["Content-Type"]) == (409, "application/problem+json")
    assert first["no"] in second.json()["detail"]
    assert len(everything_in(sales, OPPORTUNITIES)) == count


def test_numbers_follow_each_other_without_a_gap(logged: Log, sales: httpx.Client) -> None:
    numbers = []
    for which in range(3):
        entry = logged(BEN, DISA, message_id=f"<series-{which}@letters.example>")
        numbers.append(sales.post(f"/api/interactions/{entry['id']}/opportunity").json()["no"])

    assert [int(number.removeprefix("OP")) for number in numbers] == list(
        range(int(numbers[0].removeprefix("OP")), int(numbers[0].removeprefix("OP")) + 3)
    )
    assert {len(number) for number in numbers} == {8}


def test_an_opportunity_takes_what_the_wish_says(logged: Log, sales: httpx.Client) -> None:
    entry = logged(ANNA, CARL, message_id="<wish@letters.example>")
    wish = {
        "description": "Forty lamps",
        "salesCycleCode": "standard",
        "activateFirstStage": True,
        "estimatedValue": 12500.5,
        "chancesOfSuccess": 40,
        "estimatedCloseDate": "2027-03-01",
    }

    opportunity = sales.post(f"/api/interactions/{entry['id']}/opportunity", json=wish).raise_for_status().json()

    assert opportunity | wish | {
        "salesCycleCode": "STANDARD",
        "status": "In Progress",
        "stage": 1,
        "stageDescription": "Qualify",
        "completed": 5,
        "probability": 2,
        "calculatedCurrentValue": 250.01,
    } == opportunity | {"activateFirstStage": True}


def test_the_first_stage_gives_its_chances_and_a_close_date(logged: Log, sales: httpx.Client) -> None:
    entry = logged(ANNA, CARL, message_id="<stage@letters.example>")

    opportunity = sales.post(f"/api/interactions/{entry['id']}/opportunity", json={"activateFirstStage": True}).json()

    created = datetime.fromisoformat(opportunity["creationDate"]).date()
    assert (opportunity["chancesOfSuccess"], opportunity["probability"]) == (20, 1)
    assert opportunity["estimatedCloseDate"] == after("1M", created).isoformat()


BAD_WISHES: dict[str, tuple[dict[str, Any], str]] = {
    "a value below nothing": ({"estimatedValue": -1}, "estimatedValue"),
    "a value in letters": ({"estimatedValue": "12"}, "estimatedValue"),
    "true for a value": ({"estimatedValue": True}, "estimatedValue"),
    "chances above 100": ({"chancesOfSuccess": 100.1}, "chancesOfSuccess"),
    "no such date": ({"estimatedCloseDate": "2026-02-30"}, "estimatedCloseDate"),
    "a number for a date": ({"estimatedCloseDate": 20260301}, "estimatedCloseDate"),
    "a time for a date": ({"estimatedCloseDate": "2026-03-01T10:00:00Z"}, "estimatedCloseDate"),
    "no such cycle": ({"salesCycleCode": "OTHER"}, "salesCycleCode"),
    "an empty description": ({"description": ""}, "description"),
    "a number for a description": ({"description": 5}, "description"),
    "text for a flag": ({"activateFirstStage": "true"}, "activateFirstStage"),
    "an unknown field": ({"probability": 5}, "probability"),
}


@pytest.mark.parametrize("how", BAD_WISHES)
def test_a_wish_that_is_not_valid_makes_nothing(opportunities: httpx.Client, how: str) -> None:
    wish, field = BAD_WISHES[how]
    entry = everything_in(opportunities, "/api/interactions", hasOpportunity="false")[0]
    before = everything_in(opportunities, OPPORTUNITIES)

    answer = opportunities.post(f"/api/interactions/{entry['id']}/opportunity", json=wish)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert everything_in(opportunities, OPPORTUNITIES) == before
    assert opportunities.get(f"/api/interactions/{entry['id']}").json()["opportunityNo"] == ""


def test_if_match_guards_the_entry(logged: Log, sales: httpx.Client) -> None:
    entry = logged(ANNA, CARL, message_id="<guarded@letters.example>")
    address = f"/api/interactions/{entry['id']}/opportunity"

    assert sales.post(address, headers={"If-Match": '"another"'}).status_code == 412
    assert sales.get(f"/api/interactions/{entry['id']}").json()["opportunityNo"] == ""
    assert sales.post(address, headers={"If-Match": entry["etag"]}).status_code == 201


def test_what_is_not_there_is_404(opportunities: httpx.Client) -> None:
    entry = opportunities.get("/api/interactions").json()["value"][0]
    for answer in (
        opportunities.post(f"/api/interactions/{entry['id'][:-8]}00000000/opportunity"),
        opportunities.get(f"{OPPORTUNITIES}/OP999999"),
    ):
        assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


@pytest.fixture(scope="module")
def opportunities(running: Running) -> Iterator[httpx.Client]:
    """Five opportunities, and an entry without one; an administrator's client."""
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    pairs = [(ANNA, CARL), (ANNA, DISA), (BEN, CARL), (BEN, DISA), (BEN, CARL), (ANNA, CARL)]
    for which, (sender, to) in enumerate(pairs):
        mailbox.put(letter(sender, to, message_id=f"<listed-{which}@letters.example>"))
    with running.client("EmailLogging.Admin") as client:
        run_until_done(client)
        ours = {f"<listed-{which}@letters.example>" for which in range(5)}
        entries = [
            entry
            for entry in everything_in(client, "/api/interactions")
            if entry["message"]["internetMessageId"] in ours
        ]
        for which, entry in enumerate(entries):
            wish = {"activateFirstStage": which % 2 == 0}
            client.post(f"/api/interactions/{entry['id']}/opportunity", json=wish).raise_for_status()
        yield client


LISTS: tuple[dict[str, Any], ...] = (
    {},
    {"status": "Not Started"},
    {"status": "In Progress"},
    {"status": "Won"},
    {"contactNo": "CT000002"},
    {"contactNo": "CT000003", "status": "In Progress"},
    {"companyNo": "CT000001"},
    {"salespersonCode": "BW"},
    {"salespersonCode": "BW", "companyNo": "CT000001"},
    {"salespersonCode": "NOBODY"},
)


@pytest.mark.parametrize("query", LISTS, ids=str)
def test_opportunities_are_listed_by_number_with_every_filter(
    opportunities: httpx.Client, query: dict[str, Any]
) -> None:
    everything = everything_in(opportunities, OPPORTUNITIES)
    assert len(everything) >= 5
    assert [one["no"] for one in everything] == sorted(one["no"] for one in everything)
    expected = [one for one in everything if query.items() <= one.items()]

    assert everything_in(opportunities, OPPORTUNITIES, **query) == expected
    assert [one for page in pages_of(opportunities, OPPORTUNITIES, top=2, **query) for one in page] == expected


def test_an_unknown_status_is_refused(reader: httpx.Client) -> None:
    answer = reader.get(OPPORTUNITIES, params={"status": "Open"})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["status"])
