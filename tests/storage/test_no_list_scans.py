"""What lists ask of Table Storage, seen on the wire: keys and nothing else, and no more of it when the log grows."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from yarl import URL

from local.azurite import Azurite
from shared.jobs.ports import World
from shared.mail.ledger import RematchRequest
from shared.mail.outcome import Outcome
from shared.paging import Page, Place
from shared.sales.interaction import InteractionFilter
from shared.sales.opportunity import OpportunityFilter
from shared.settings import read_settings
from shared.wiring import Wiring
from tests.jobs.company import CARL
from tests.storage.stock import JOB, LOG, NEWEST, at, row, stock_up
from tests.wire import Call, Wire

type Lister = Callable[[World, Place | None, int], Awaitable[Page[Any]]]

FIRST_DAY, LAST_DAY = at(30), at(2)
TEXT = r"'(?:[^']|'')*'"
ONLY_KEYS = re.compile(rf"PartitionKey eq {TEXT}(?: and RowKey gt {TEXT})?(?: and RowKey lt {TEXT})?")
ONE_ROW = re.compile(rf"/\w+\(PartitionKey={TEXT},RowKey={TEXT}\)$")


def interactions(*, bounded: bool = False, **wanted: Any) -> Lister:
    since, until = (FIRST_DAY, LAST_DAY) if bounded else (None, None)
    return lambda world, start, top: world.interactions.page(InteractionFilter(**wanted), since, until, start, top)


def ledger(outcome: Outcome | None = None, address: str = "", *, bounded: bool = False) -> Lister:
    since, until = (FIRST_DAY, LAST_DAY) if bounded else (None, None)
    return lambda world, start, top: world.ledger.page(outcome, address, since, until, start, top)


def opportunities(**wanted: str) -> Lister:
    return lambda world, start, top: world.opportunities.page(OpportunityFilter(**wanted), start, top)


LISTS: Mapping[str, Lister] = {
    "all entries": interactions(),
    "entries of some days": interactions(bounded=True),
    "entries of a contact": interactions(contact_no="CT000002"),
    "entries of a contact, of some days": interactions(contact_no="CT000002", bounded=True),
    "entries of a company": interactions(company_no="CT000001"),
    "entries of a salesperson": interactions(salesperson_code="AK"),
    "entries of a salesperson, of some days": interactions(salesperson_code="AK", bounded=True),
    "entries of an opportunity": interactions(opportunity_no="OP000001"),
    "entries of a conversation": interactions(conversation_id="talk"),
    "entries of a conversation, of some days": interactions(conversation_id="talk", bounded=True),
    "entries of a contact with a salesperson": interactions(contact_no="CT000002", salesperson_code="AK"),
    "inbound entries": interactions(information_flow="Inbound"),
    "entries with an opportunity": interactions(has_opportunity=True),
    "entries of a contact without an opportunity": interactions(contact_no="CT000002", has_opportunity=False),
    "all of the ledger": ledger(),
    "the ledger, of some days": ledger(bounded=True),
    "logged messages": ledger(Outcome.LOGGED),
    "held messages, of some days": ledger(Outcome.UNMATCHED, bounded=True),
    "messages of an address": ledger(address="carl@glencorran.example"),
    "contacts": lambda world, start, top: world.directory.contacts.page(start, top),
    "salespeople": lambda world, start, top: world.directory.salespeople.page(start, top),
    "all opportunities": opportunities(),
    "opportunities of a contact, of a status": opportunities(contact_no="CT000002", status="Not Started"),
    "opportunities of a status": opportunities(status="Not Started"),
    "opportunities of a contact": opportunities(contact_no="CT000002"),
    "opportunities of a company": opportunities(company_no="CT000001"),
    "opportunities of a salesperson": opportunities(salesperson_code="AK"),
    "activity": lambda world, start, top: world.runs.activity(start, top),
}
FINDS_NOTHING: Mapping[str, Lister] = {
    "canceled entries": interactions(canceled=True),
    "entries of a contact, canceled": interactions(contact_no="CT000002", canceled=True),
    "messages of an address that is in none": ledger(address="nobody@elsewhere.example"),
}
OTHER_READS: Mapping[str, Callable[[World], Awaitable[Any]]] = {
    "comments": lambda world: world.interactions.comments("0" * 48),
    "a job": lambda world: world.background_jobs.get(JOB),
    "errors of a job": lambda world: world.background_jobs.errors(JOB),
    "file of a job": lambda world: world.background_jobs.file(JOB),
    "open plans": lambda world: world.ledger.open(LOG, NEWEST),
    "number of open plans": lambda world: world.ledger.count_open(LOG),
    "what was decided": lambda world: world.ledger.known(LOG, [row(1).message, row(9999).message]),
    "held messages of an address": lambda world: anext(
        world.ledger.held(LOG, RematchRequest("carl@glencorran.example", NEWEST))
    ),
    "held addresses": lambda world: world.ledger.held_addresses(),
    "held addresses among some": lambda world: world.ledger.held_among({CARL}),
    "requests to match again": lambda world: world.ledger.rematch_requests(LOG),
    "never-log rules": lambda world: world.never_log.all(),
    "setup": lambda world: world.setups.get(),
    "an opportunity with its history": lambda world: world.opportunities.history("OP000001"),
    "comments of an opportunity": lambda world: world.opportunities.comments("OP000001"),
    "an opportunity in a stage": lambda world: world.opportunities.open_in_stage("STANDARD", 0),
    "number of interactions of an opportunity": lambda world: world.interactions.count("OP000001"),
    "sales cycles": lambda world: world.sales_cycles.all(),
    "a sales cycle": lambda world: world.sales_cycles.get("STANDARD"),
    "close opportunity codes": lambda world: world.close_opportunity_codes.all(),
    "a close opportunity code": lambda world: world.close_opportunity_codes.find("PRICE"),
    "status": lambda world: world.runs.status(LOG),
    "last knock": lambda world: world.runs.last_knock(LOG),
    "reading of Archive": lambda world: world.runs.archive_reading(LOG),
    "whose address it is": lambda world: world.directory.parties({"1@customer.example"}),
}


def looks_at_keys_alone(call: Call) -> bool:
    """A row by its keys, or a range of the keys of one partition. Which tables there are is asked once."""
    asked = call.url.query.get("$filter", "")
    return bool(ONE_ROW.search(call.url.path) or ONLY_KEYS.fullmatch(asked))


async def test_no_read_asks_for_anything_but_keys(watched: World, wire: Wire) -> None:
    await stock_up(watched, 50)
    for read in OTHER_READS.values():
        await read(watched)
    for lister in (*LISTS.values(), *FINDS_NOTHING.values()):
        place = (await lister(watched, None, 5)).next
        if place:
            await lister(watched, place, 5)

    reads = [call for call in wire.calls if call.is_read and not call.url.path.endswith("/Tables")]

    assert len(reads) > 2 * len(LISTS)
    assert [str(call.url) for call in reads if not looks_at_keys_alone(call)] == []


@pytest.mark.parametrize(
    "asked",
    [
        "/account/interactions()?$filter=canceled eq true",
        "/account/interactions()",
        "/account/a()?$filter=RowKey gt ''",
    ],
)
def test_a_scan_would_be_seen(asked: str) -> None:
    assert not looks_at_keys_alone(Call("GET", URL(asked), b""))


async def test_a_page_costs_the_same_in_a_log_that_is_ten_times_as_long(
    wire: Wire, azurite: Azurite, environment: Mapping[str, str]
) -> None:
    costs = []
    for count in (50, 500):
        async with wire.to_tables(azurite.account()) as storage:
            wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": storage}))
            await stock_up(wiring.world, count)
            costs.append({name: await _cost_of_two_pages(wiring.world, wire, lister) for name, lister in LISTS.items()})
            await wiring.close()

    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 8, costs[0]


async def test_a_filter_that_passes_over_everything_ends_its_page_after_500_rows(watched: World, wire: Wire) -> None:
    await stock_up(watched, 520)
    for name, lister in FINDS_NOTHING.items():
        for top in (1, 100):
            wire.calls.clear()

            page = await lister(watched, None, top)

            assert (page.items, page.next is not None) == ((), True), name
            assert len([call for call in wire.calls if call.is_read]) <= 12, (name, top)
            rest = await lister(watched, page.next, top)
            assert (rest.items, rest.next) == ((), None), name


async def _cost_of_two_pages(world: World, wire: Wire, lister: Lister) -> int:
    """Requests for the first page and the next. Both are full: else they would tell nothing."""
    wire.calls.clear()
    first = await lister(world, None, 5)
    second = await lister(world, first.next, 5)
    assert (len(first.items), len(second.items)) == (5, 5)
    assert set(first.items).isdisjoint(second.items)
    return len(wire.calls)
