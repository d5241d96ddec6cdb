"""What people change in an entry of the log, over HTTP: evaluation, canceled or not, comments."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.jobs.company import ANNA, CARL
from tests.web.conftest import Running
from tests.web.lists import everything_in

UNKNOWN = f"/api/interactions/{'0' * 56}"
type Entry = dict[str, Any]


@pytest.fixture(scope="module")
def number() -> Callable[[], int]:
    counted = iter(range(10**6))
    return lambda: next(counted)


@pytest.fixture
def entry(logged: Callable[..., Entry], number: Callable[[], int]) -> Entry:
    """A new entry."""
    return logged(ANNA, CARL, message_id=f"<changed-{number()}@letters.example>")


@pytest.fixture
def opportunity(sales: httpx.Client) -> str:
    """Number of a new one that has no entries."""
    wanted = {"description": "Lamps", "contactNo": "CT000002", "salespersonCode": "AK"}
    no: str = sales.post("/api/opportunities", json=wanted).raise_for_status().json()["no"]
    return no


def address_of(entry: Entry) -> str:
    return f"/api/interactions/{entry['id']}"


def test_an_entry_is_evaluated_and_shows_it_wherever_it_is_read(sales: httpx.Client, entry: Entry) -> None:
    answer = sales.patch(address_of(entry), json={"evaluation": "Very Positive"})

    changed = answer.json()
    assert answer.status_code == 200
    assert changed == {**entry, "evaluation": "Very Positive", "etag": changed["etag"]}
    assert changed["etag"] != entry["etag"]
    assert answer.headers["ETag"] == changed["etag"]
    assert sales.get(address_of(entry)).json() == {**changed, "comments": []}
    conversation = entry["message"]["conversationId"]
    assert everything_in(sales, "/api/interactions", conversationId=conversation) == [changed]
    assert sales.patch(address_of(entry), json={"evaluation": ""}).json() == entry


def test_a_canceled_entry_is_listed_only_where_canceled_ones_are_asked_for(sales: httpx.Client, entry: Entry) -> None:
    canceled = sales.patch(address_of(entry), json={"canceled": True}).raise_for_status().json()

    assert entry["id"] not in [one["id"] for one in everything_in(sales, "/api/interactions")]
    assert canceled in everything_in(sales, "/api/interactions", canceled="true")
    refused = sales.post(f"{address_of(entry)}/opportunity")
    assert (refused.status_code, "canceled" in refused.json()["detail"]) == (409, True)

    assert sales.patch(address_of(entry), json={"canceled": False}).json() == entry
    assert entry in everything_in(sales, "/api/interactions")
    assert entry["id"] not in [one["id"] for one in everything_in(sales, "/api/interactions", canceled="true")]


def test_an_opportunity_does_not_count_canceled_entries(sales: httpx.Client, entry: Entry) -> None:
    opportunity = sales.post(f"{address_of(entry)}/opportunity").json()
    address = f"/api/opportunities/{opportunity['no']}"

    counts = [opportunity["interactionCount"]]
    for canceled in (True, False):
        sales.patch(address_of(entry), json={"canceled": canceled}).raise_for_status()
        counts.append(sales.get(address).json()["interactionCount"])

    assert counts == [1, 0, 1]


def test_a_comment_is_shown_with_who_wrote_it_and_when_and_is_counted(
    running: Running, sales: httpx.Client, entry: Entry
) -> None:
    earliest = datetime.now(UTC)
    answer = sales.post(f"{address_of(entry)}/comments", json={"comment": "Call in June.\nþá er hann heima"})

    assert answer.status_code == 201
    comment = answer.json()
    assert set(comment) == {"comment", "createdAt", "createdBy"}
    assert (comment["comment"], comment["createdBy"]) == ("Call in June.\nþá er hann heima", "Test Person")
    assert earliest <= datetime.fromisoformat(comment["createdAt"]) <= datetime.now(UTC)
    assert answer.headers["Location"] == f"{running.web}{address_of(entry)}"
    shown = sales.get(answer.headers["Location"]).json()
    assert shown == {**entry, "commentCount": 1, "etag": shown["etag"], "comments": [comment]}
    assert answer.headers["ETag"] == shown["etag"]
    del shown["comments"]
    assert everything_in(sales, "/api/interactions", conversationId=entry["message"]["conversationId"]) == [shown]


BAD: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "an unknown evaluation": ("PATCH", "", {"evaluation": "Great"}, "evaluation"),
    "an evaluation in small letters": ("PATCH", "", {"evaluation": "positive"}, "evaluation"),
    "no evaluation at all": ("PATCH", "", {"evaluation": None}, "evaluation"),
    "text for a flag": ("PATCH", "", {"canceled": "true"}, "canceled"),
    "a number for a flag": ("PATCH", "", {"canceled": 1}, "canceled"),
    "a field that is not to be changed": ("PATCH", "", {"subject": "Other"}, "subject"),
    "a comment without words": ("POST", "/comments", {"comment": " \n"}, "comment"),
    "no comment": ("POST", "/comments", {}, "comment"),
    "a number for a comment": ("POST", "/comments", {"comment": 5}, "comment"),
    "a comment with a control character": ("POST", "/comments", {"comment": "a\x00b"}, "comment"),
    "a comment without end": ("POST", "/comments", {"comment": "x" * 4001}, "comment"),
    "no opportunity": ("PUT", "/opportunity", {}, "opportunityNo"),
    "an opportunity that is no number": ("PUT", "/opportunity", {"opportunityNo": ""}, "opportunityNo"),
    "text for the conversation": (
        "PUT",
        "/opportunity",
        {"opportunityNo": "OP1", "conversation": "talk"},
        "conversation",
    ),
    "a comment in another's name": ("POST", "/comments", {"comment": "x", "createdBy": "Ben"}, "createdBy"),
}


@pytest.mark.parametrize("how", BAD)
def test_what_is_not_valid_changes_nothing_and_is_refused_before_the_entry_is_looked_for(
    sales: httpx.Client, entry: Entry, how: str
) -> None:
    method, below, body, field = BAD[how]
    for address in (address_of(entry), UNKNOWN):
        answer = sales.request(method, address + below, json=body, headers={"If-Match": '"another"'})

        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert sales.get(address_of(entry)).json() == {**entry, "comments": []}


def test_an_entry_is_attached_to_an_opportunity_and_detached(
    sales: httpx.Client, entry: Entry, opportunity: str
) -> None:
    address = f"{address_of(entry)}/opportunity"

    attached = sales.put(address, json={"opportunityNo": opportunity})

    assert attached.status_code == 200
    assert attached.json() == {**entry, "opportunityNo": opportunity, "etag": attached.headers["ETag"]}
    assert attached.json() in everything_in(sales, "/api/interactions", opportunityNo=opportunity)
    assert sales.get(f"/api/opportunities/{opportunity}").json()["interactionCount"] == 1
    assert sales.put(address, json={"opportunityNo": opportunity}).json() == attached.json()
    linked = sales.post(address)
    assert (linked.status_code, opportunity in linked.json()["detail"]) == (409, True)

    detached = sales.delete(address)

    assert (detached.status_code, detached.json()) == (200, {**entry, "etag": detached.headers["ETag"]})
    assert everything_in(sales, "/api/interactions", opportunityNo=opportunity) == []
    assert sales.get(f"/api/opportunities/{opportunity}").json()["interactionCount"] == 0


def test_a_conversation_is_attached_is_followed_and_is_detached(
    sales: httpx.Client, logged: Callable[..., Entry], entry: Entry, opportunity: str
) -> None:
    first = {"in_reply_to": entry["message"]["internetMessageId"]}
    name = entry["message"]["internetMessageId"][1:-1]

    def talk() -> list[str]:
        conversation = entry["message"]["conversationId"]
        return [one["opportunityNo"] for one in everything_in(sales, "/api/interactions", conversationId=conversation)]

    logged(CARL, ANNA, message_id=f"<answer-{name}>", **first)
    sales.put(
        f"{address_of(entry)}/opportunity", json={"opportunityNo": opportunity, "conversation": True}
    ).raise_for_status()
    assert talk() == [opportunity, opportunity]
    later = logged(ANNA, CARL, message_id=f"<later-{name}>", **first)
    assert later["opportunityNo"] == opportunity
    assert talk() == [opportunity] * 3

    detached = sales.delete(f"{address_of(later)}/opportunity", params={"conversation": "true"})
    assert detached.json()["opportunityNo"] == ""
    assert talk() == ["", "", ""]
    assert logged(ANNA, CARL, message_id=f"<last-{name}>", **first)["opportunityNo"] == ""


def test_an_attached_entry_stays_with_its_opportunity(sales: httpx.Client, entry: Entry, opportunity: str) -> None:
    address = f"{address_of(entry)}/opportunity"
    made = sales.post(address).raise_for_status().json()["no"]

    answers = [
        sales.put(address, json={"opportunityNo": opportunity}),
        sales.put(address, json={"opportunityNo": "OP999999"}),
        sales.put(address, json={"opportunityNo": opportunity}, headers={"If-Match": '"another"'}),
    ]

    assert [answer.status_code for answer in answers] == [409, 404, 412]
    assert made in answers[0].json()["detail"]
    assert sales.get(address_of(entry)).json()["opportunityNo"] == made


CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a change": ("PATCH", "", {"canceled": True}),
    "a comment": ("POST", "/comments", {"comment": "Call in June"}),
    "an opportunity": ("PUT", "/opportunity", {"opportunityNo": "OPEN"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_refused_in_the_order_of_the_contract(
    nobody: httpx.Client, reader: httpx.Client, sales: httpx.Client, entry: Entry, opportunity: str, what: str
) -> None:
    method, below, body = CHANGES[what]
    body = {name: opportunity if value == "OPEN" else value for name, value in body.items()}
    stale = {"If-Match": '"another"'}
    asked: list[tuple[httpx.Client, str, dict[str, str]]] = [
        (nobody, UNKNOWN, stale),
        (reader, UNKNOWN, stale),
        (sales, UNKNOWN, stale),
        (sales, address_of(entry), stale),
    ]

    answers = [client.request(method, address + below, json=body, headers=more) for client, address, more in asked]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 412]
    assert sales.get(address_of(entry)).json() == {**entry, "comments": []}
    done = sales.request(method, address_of(entry) + below, json=body, headers={"If-Match": entry["etag"]})
    assert done.is_success
    again = sales.request(method, address_of(entry) + below, json=body, headers={"If-Match": entry["etag"]})
    assert again.status_code == 412


def test_of_twenty_clients_that_change_an_entry_at_once_none_loses_what_was_confirmed(
    sales: httpx.Client, entry: Entry
) -> None:
    start = threading.Barrier(20)

    def change(which: int) -> httpx.Response:
        start.wait()
        match which % 4:
            case 0:
                return sales.patch(address_of(entry), json={"evaluation": "Positive"})
            case 1:
                return sales.patch(address_of(entry), json={"canceled": True})
            case _:
                return sales.post(f"{address_of(entry)}/comments", json={"comment": f"Remark {which}"})

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(change, range(20)))

    assert {answer.status_code for answer in answers} == {200, 201}
    shown = sales.get(address_of(entry)).json()
    assert (shown["evaluation"], shown["canceled"], shown["commentCount"]) == ("Positive", True, 10)
    comments = shown.pop("comments")
    assert {comment["comment"] for comment in comments} == {f"Remark {n}" for n in range(20) if n % 4 > 1}
    assert shown in everything_in(sales, "/api/interactions", canceled="true")
