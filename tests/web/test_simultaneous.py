"""Several people at the same moment: one of them gets what only one can have, the others are told who has it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import BEN, DISA, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in

ROUNDS = 10


def at_once(*asked: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The answers to requests that begin together."""
    start = Barrier(len(asked))

    def ask(one: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(ask, asked))


def posting(client: httpx.Client, address: str, **body: Any) -> Callable[[], httpx.Response]:
    return lambda: client.post(address, json=body)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_two_new_contacts_cannot_both_have_an_address(sales: httpx.Client, number: int) -> None:
    email = f"wanted{number}@both.example"
    wanted = [posting(sales, "/api/contacts", no=f"BOTH{number}{which}", name=which, email=email) for which in "AB"]

    won, lost = sorted(at_once(*wanted), key=lambda answer: answer.status_code)

    assert (won.status_code, lost.status_code) == (201, 409)
    winner = won.json()
    assert winner["no"] in lost.json()["detail"]
    loser = f"BOTH{number}{'A' if winner['name'] == 'B' else 'B'}"
    assert sales.get(f"/api/contacts/{loser}").status_code == 404
    assert sales.get(won.headers["Location"]).json() == winner
    again = sales.post("/api/contacts", json={"name": "Third", "email": email})
    assert (again.status_code, winner["no"] in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_contact_and_a_salesperson_cannot_both_have_an_address(admin: httpx.Client, number: int) -> None:
    email = f"wanted{number}@kinds.example"
    other = [{"code": "HOME", "email": f"free{number}@kinds.example"}, {"code": "WORK", "email": email.upper()}]

    answers = at_once(
        posting(admin, "/api/contacts", no=f"KIND{number}", name="A contact", email=email),
        posting(admin, "/api/salespeople", code=f"KIND{number}", name="A salesperson", alternativeAddresses=other),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_whoever_asks_for_one_number_at_once_one_gets_it(sales: httpx.Client) -> None:
    wanted = [
        posting(sales, "/api/contacts", no="ONLYONE", name=f"Number {which}", email=f"only{which}@one.example")
        for which in range(8)
    ]

    answers = at_once(*wanted)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    (won,) = (answer.json() for answer in answers if answer.status_code == 201)
    assert sales.get("/api/contacts/ONLYONE").json() == won
    # The others' addresses are free again.
    for which in range(8):
        email = f"only{which}@one.example"
        if email != won["email"]:
            contact = {"no": f"NEXT{which}", "name": "Next", "email": email}
            assert sales.post("/api/contacts", json=contact).status_code == 201


def test_contacts_without_a_number_all_get_their_own(sales: httpx.Client) -> None:
    answers = at_once(*(posting(sales, "/api/contacts", name=f"Series {which}") for which in range(12)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["no"] for answer in answers}) == 12


def test_of_changes_to_what_was_read_once_one_is_kept(sales: httpx.Client) -> None:
    before = sales.post("/api/contacts", json={"no": "CHANGED", "name": "Before"}).raise_for_status().json()

    def changing(name: str) -> Callable[[], httpx.Response]:
        body = {**before, "name": name}
        return lambda: sales.put("/api/contacts/CHANGED", json=body, headers={"If-Match": before["etag"]})

    answers = at_once(*(changing(f"Change {number}") for number in range(8)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 7}
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert sales.get("/api/contacts/CHANGED").json() == won


def test_ten_who_create_an_opportunity_from_one_entry_make_one(
    sales: httpx.Client, logged: Callable[..., dict[str, Any]]
) -> None:
    entry = logged(BEN, DISA, message_id="<ten@letters.example>", subject="Ten at once")
    before = everything_in(sales, "/api/opportunities", contactNo="CT000003")

    answers = at_once(*[posting(sales, f"/api/interactions/{entry['id']}/opportunity")] * 10)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
    (won,) = (answer.json() for answer in answers if answer.status_code == 201)
    after = everything_in(sales, "/api/opportunities", contactNo="CT000003")
    assert [one["no"] for one in after if one not in before] == [won["no"]]
    assert sales.get(f"/api/interactions/{entry['id']}").json()["opportunityNo"] == won["no"]
    linked = everything_in(sales, "/api/interactions", opportunityNo=won["no"])
    assert [one["id"] for one in linked] == [entry["id"]]


def test_fifty_new_opportunities_at_once_have_fifty_numbers_without_a_gap(sales: httpx.Client) -> None:
    wish = {"description": "Fifty at once", "contactNo": "CT000003", "salespersonCode": "BW"}
    first = sales.post("/api/opportunities", json=wish).raise_for_status().json()

    answers = at_once(*[posting(sales, "/api/opportunities", **wish)] * 50)

    assert {answer.status_code for answer in answers} == {201}
    numbers = sorted(int(answer.json()["no"].removeprefix("OP")) for answer in answers)
    assert numbers == list(range(int(first["no"].removeprefix("OP")) + 1, int(first["no"].removeprefix("OP")) + 51))
    listed = {one["no"]: one for one in everything_in(sales, "/api/opportunities", salespersonCode="BW")}
    assert [answer.json() for answer in answers] == [listed[answer.json()["no"]] for answer in answers]


def test_of_twenty_changes_to_an_opportunity_none_that_was_answered_with_success_is_lost(sales: httpx.Client) -> None:
    wish = {"description": "Twenty at once", "contactNo": "CT000003", "salespersonCode": "BW"}
    address = f"/api/opportunities/{sales.post('/api/opportunities', json=wish).raise_for_status().json()['no']}"
    begun = sales.post(f"{address}/stage", json={"action": "First"}).raise_for_status().json()
    with_tag = {"If-Match": begun["etag"]}

    def updating(value: int) -> Callable[[], httpx.Response]:
        body = {"action": "Update", "estimatedValue": value}
        return lambda: sales.post(f"{address}/stage", json=body, headers={} if value % 2 else with_tag)

    answers = at_once(*(updating(1000 + number) for number in range(20)))

    assert {answer.status_code for answer in answers} <= {200, 412}
    done = sorted(answer.json()["estimatedValue"] for answer in answers if answer.status_code == 200)
    entries = everything_in(sales, f"{address}/entries")
    assert done
    assert sorted(entry["estimatedValue"] for entry in entries if entry["action"] == "Update") == done
    assert sum(not value % 2 for value in done) <= 1, "what was seen once is changed once"
    assert sales.get(address).json()["estimatedValue"] == entries[0]["estimatedValue"]


def test_runs_at_once_log_each_letter_once(running: Running, admin: httpx.Client) -> None:
    letters = [f"<runs-{number}@letters.example>" for number in range(12)]
    for message_id in letters:
        running.tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter(BEN, DISA, message_id=message_id))

    runs = at_once(*[posting(admin, "/api/email-logging/run")] * 4)

    assert {run.status_code for run in runs} == {200}
    run_until_done(admin)
    logged = [one["message"]["internetMessageId"] for one in everything_in(admin, "/api/interactions")]
    assert sorted(one for one in logged if one in letters) == sorted(letters)
    assert admin.get("/api/email-logging/status").json()["waiting"] == 0
