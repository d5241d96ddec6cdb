"""Pages of a list: each thing once, and links that never age but cannot be bent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import BEN, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in, pages_of

READER = "pages@reading.example"
COMPANY = "CTPAGES"
LETTERS = 23
INTERACTIONS = "/api/interactions"


@pytest.fixture(scope="module")
def pages(running: Running) -> Iterator[httpx.Client]:
    """A contact of this module alone with 23 letters over two years; an administrator's client."""
    with running.client("EmailLogging.Admin") as client:
        contact = {"no": COMPANY, "type": "Company", "name": "Reading Rooms", "email": READER}
        client.post("/api/contacts", json=contact).raise_for_status()
        put_letters(running, client, range(LETTERS - 1))
        put_letters(running, client, range(LETTERS - 1, LETTERS))
        yield client


def put_letters(running: Running, client: httpx.Client, numbers: range) -> None:
    for number in numbers:
        sent = datetime(2025, 1, 10, 9, tzinfo=UTC) + timedelta(days=31 * number)
        mail = letter(BEN, READER, message_id=f"<page-{number}@letters.example>", sent=sent)
        running.tenant.exchange.mailbox(LOGGING_MAILBOX).put(mail)
    run_until_done(client)


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries]


@pytest.mark.parametrize("top", [1, 2, 7, 22, 23, 24, 199, 200])
def test_following_the_links_gives_every_entry_once_in_order(pages: httpx.Client, top: int) -> None:
    everything = everything_in(pages, INTERACTIONS, contactNo=COMPANY)
    assert len(set(ids(everything))) == LETTERS

    found = pages_of(pages, INTERACTIONS, contactNo=COMPANY, top=top)

    assert [one for page in found for one in page] == everything
    assert [len(page) for page in found[:-1]] == [top] * (len(found) - 1)


def test_the_whole_log_pages_over_months_as_it_is_in_one_piece(pages: httpx.Client) -> None:
    whole = ids(everything_in(pages, INTERACTIONS))

    assert ids([one for page in pages_of(pages, INTERACTIONS, top=3) for one in page]) == whole
    assert len(set(whole)) == len(whole) >= LETTERS


def test_without_top_a_page_has_fifty_and_the_link_is_absent_at_the_end(pages: httpx.Client) -> None:
    page = pages.get(INTERACTIONS, params={"contactNo": COMPANY}).json()

    assert len(page["value"]) == LETTERS
    assert set(page) == {"value"}


def test_a_link_is_absolute_and_works_with_any_reader(
    running: Running, pages: httpx.Client, reader: httpx.Client
) -> None:
    query: dict[str, str | int] = {"contactNo": COMPANY, "informationFlow": "Outbound", "top": 5}
    first = pages.get(INTERACTIONS, params=query).json()

    assert set(first) == {"value", "nextLink"}
    assert first["nextLink"].startswith(f"{running.web}{INTERACTIONS}?")
    second = reader.get(first["nextLink"]).raise_for_status().json()
    everything = everything_in(pages, INTERACTIONS, contactNo=COMPANY)
    assert ids(first["value"] + second["value"]) == ids(everything)[:10]


@pytest.mark.parametrize(
    "address", ["/api/contacts", "/api/salespeople", "/api/email-logging/messages", "/api/email-logging/activity"]
)
def test_every_other_list_pages_likewise(pages: httpx.Client, address: str) -> None:
    together = pages.get(address, params={"top": 20}).raise_for_status().json()["value"]

    by_one = pages_of(pages, address, at_most=20, top=1)

    assert by_one == [[one] for one in together]
    assert len(by_one) >= 2


def first_link(pages: httpx.Client, **query: Any) -> httpx.URL:
    return httpx.URL(pages.get(INTERACTIONS, params={"contactNo": COMPANY, "top": 5, **query}).json()["nextLink"])


BENT = {
    "another top": {"top": "6"},
    "another contact": {"contactNo": "CT000002"},
    "another filter": {"informationFlow": "Outbound"},
    "another cursor": {"cursor": "WyIiLCAiIl0=.0123456789abcdef"},
    "no signature": {"cursor": "WyIiLCAiIl0="},
    "nonsense": {"cursor": "%%%"},
    "letters of the world": {"cursor": "þorskur.ýsa"},
    "a lone dot": {"cursor": "."},
    "very long": {"cursor": "A" * 1001},
}


@pytest.mark.parametrize("how", BENT)
def test_a_link_that_was_changed_is_refused(pages: httpx.Client, how: str) -> None:
    answer = pages.get(first_link(pages).copy_merge_params(BENT[how]))

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert [error["field"] for error in problem["errors"]] == ["cursor"]


def test_a_link_with_each_character_of_its_cursor_changed_is_refused(pages: httpx.Client) -> None:
    link = first_link(pages)
    cursor = link.params["cursor"]
    for place in range(0, len(cursor), 7):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert pages.get(link.copy_set_param("cursor", changed)).status_code == 422, place


def test_a_link_for_one_list_does_not_open_another(pages: httpx.Client) -> None:
    link = httpx.URL(pages.get("/api/contacts", params={"top": 1}).json()["nextLink"])

    assert pages.get(link.copy_with(path="/api/salespeople")).status_code == 422


def test_an_old_link_goes_on_where_it_stood_after_new_entries_came(running: Running, pages: httpx.Client) -> None:
    before = everything_in(pages, INTERACTIONS, contactNo=COMPANY)
    link = first_link(pages)

    put_letters(running, pages, range(LETTERS, LETTERS + 2))

    assert len(everything_in(pages, INTERACTIONS, contactNo=COMPANY)) == LETTERS + 2
    assert ids(pages.get(link).json()["value"]) == ids(before)[5:10]


@pytest.mark.parametrize("top", ["0", "-1", "201", "5000", "1.5", "many", "", "1e2", "NaN", "٣"])
def test_a_top_outside_1_to_200_is_refused(pages: httpx.Client, top: str) -> None:
    for address in (INTERACTIONS, "/api/contacts", "/api/salespeople", "/api/opportunities"):
        answer = pages.get(address, params={"top": top})

        assert answer.status_code == 422, address
        assert [error["field"] for error in answer.json()["errors"]] == ["top"]
