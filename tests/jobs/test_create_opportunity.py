"""Create Opportunity, against real storage: what it takes from the entry, when it is refused, and that it is once."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from local.tenant import Tenant
from shared.errors import Conflict, Invalid, NotFound, Stale
from shared.etags import etag_of
from shared.jobs.change_setup import change_setup
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from shared.sales.opportunity import Opportunity, OpportunityFilter, Status
from shared.storage.interactions import InteractionStore
from tests.jobs.company import found_company
from tests.jobs.entries import an_entry

NOTHING_SAID = OpportunityWish()


@pytest.fixture
async def company(world: World, tenant: Tenant) -> World:
    """The company with one entry in its log, at 23:30 UTC on the second of November."""
    await found_company(world, tenant)
    await world.interactions.write([an_entry()])
    return replace(world, clock=lambda: datetime(2026, 11, 2, 23, 30, tzinfo=UTC))


async def test_an_opportunity_takes_what_the_entry_says(company: World) -> None:
    entry = an_entry(2, subject="x" * 120)
    await company.interactions.write([entry])

    made = await create_opportunity(company, entry.id, NOTHING_SAID, None)

    assert replace(made, etag="") == Opportunity(
        no="OP000001",
        description="x" * 100,
        contact_no="CT000002",
        company_no="CT000001",
        salesperson_code="AK",
        sales_cycle_code="STANDARD",
        creation_date=date(2026, 11, 2),
        status=Status.NOT_STARTED,
        interaction_count=1,
    )


async def test_what_is_said_counts_before_what_the_entry_says(company: World) -> None:
    wish = OpportunityWish("Lamps for the hall", "standard", True, Decimal(12_000), Decimal(30), date(2027, 1, 31))

    made = await create_opportunity(company, an_entry().id, wish, None)

    assert (made.description, made.sales_cycle_code) == ("Lamps for the hall", "STANDARD")
    assert (made.status, made.stage, made.stage_description) == (Status.IN_PROGRESS, 1, "Qualify")
    assert [made.estimated_value, made.chances_of_success, made.completed] == [12_000, 30, 5]
    assert [made.probability, made.calculated_current_value] == [Decimal("1.5"), 180]
    assert made.estimated_close_date == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("time_zone", "today"),
    [
        ("UTC", date(2026, 11, 2)),
        ("Pacific/Auckland", date(2026, 11, 3)),
        ("America/New_York", date(2026, 11, 2)),
        ("Pacific/Kiritimati", date(2026, 11, 3)),
    ],
)
async def test_today_is_counted_in_the_time_zone_of_the_setup(company: World, time_zone: str, today: date) -> None:
    await change_setup(company, replace(await company.setups.get(), time_zone=time_zone), None)

    made = await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    assert made.creation_date == today


async def test_the_entry_and_all_its_copies_get_the_number(company: World) -> None:
    await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    assert (await company.interactions.get(an_entry().id)).opportunity_no == "OP000001"
    for wanted in (
        InteractionFilter(),
        InteractionFilter(contact_no="CT000002"),
        InteractionFilter(company_no="CT000001"),
        InteractionFilter(salesperson_code="AK"),
        InteractionFilter(conversation_id="conversation-1"),
        InteractionFilter(opportunity_no="OP000001"),
        InteractionFilter(has_opportunity=True),
    ):
        assert [(e.id, e.opportunity_no) for e in await _entries(company, wanted)] == [(an_entry().id, "OP000001")]
    assert await _entries(company, InteractionFilter(has_opportunity=False)) == []


async def test_the_opportunity_stands_in_the_list_of_everybody_concerned(company: World) -> None:
    made = await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    for wanted in (
        OpportunityFilter(),
        OpportunityFilter(contact_no="CT000002"),
        OpportunityFilter(company_no="CT000001"),
        OpportunityFilter(salesperson_code="AK"),
        OpportunityFilter(status="Not Started"),
    ):
        found = (await company.opportunities.page(wanted, None, 10)).items
        assert [replace(one, etag="") for one in found] == [replace(made, etag="")]
    for wanted in (OpportunityFilter(contact_no="CT000003"), OpportunityFilter(status="Won")):
        assert (await company.opportunities.page(wanted, None, 10)).items == ()


async def test_the_comments_of_the_entry_are_copied(company: World) -> None:
    remarks = [Comment(text, datetime(2026, 11, 2, hour, tzinfo=UTC), "anna") for hour, text in ((9, "a"), (10, "b"))]
    assert isinstance(company.interactions, InteractionStore)
    for remark in remarks:
        await company.interactions.add_comment(await company.interactions.get(an_entry().id), remark)

    made = await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    assert list(await company.opportunities.comments(made.no)) == remarks
    assert list(await company.interactions.comments(an_entry().id)) == remarks


async def test_a_second_opportunity_from_one_entry_is_refused_with_the_number_of_the_first(company: World) -> None:
    await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    with pytest.raises(Conflict, match="belongs to opportunity OP000001 already"):
        await create_opportunity(company, an_entry().id, NOTHING_SAID, None)

    assert len(await _opportunities(company)) == 1


async def test_a_canceled_entry_gives_no_opportunity(company: World) -> None:
    entry = await company.interactions.get(an_entry().id)
    await company.interactions.change(entry, replace(entry, canceled=True))

    with pytest.raises(Conflict, match="canceled"):
        await create_opportunity(company, entry.id, NOTHING_SAID, None)

    assert await _opportunities(company) == []


@pytest.mark.parametrize(
    ("entry", "refusal", "reason"),
    [
        ({"contact_no": "CT000009"}, Conflict, "Contact CT000009 is privacy blocked"),
        ({"salesperson_code": "GONE"}, NotFound, "does not exist any more"),
        ({"contact_no": "CT999999"}, NotFound, "does not exist any more"),
        ({"salesperson_code": "OUT"}, Conflict, "Salesperson OUT is blocked"),
    ],
)
async def test_blocked_and_vanished_people_get_no_opportunity(
    company: World, entry: dict[str, Any], refusal: type[Exception], reason: str
) -> None:
    carl = await company.directory.contacts.get("CT000002")
    anna = await company.directory.salespeople.get("AK")
    blocked_contact = replace(carl, no="CT000009", email="", alternative_addresses=(), privacy_blocked=True)
    blocked_salesperson = replace(anna, code="OUT", email="", blocked=True)
    await company.directory.contacts.add(blocked_contact, company.clock())
    await company.directory.salespeople.add(blocked_salesperson, company.clock())
    await company.interactions.write([an_entry(2, **entry)])

    with pytest.raises(refusal, match=reason):
        await create_opportunity(company, an_entry(2).id, NOTHING_SAID, None)

    assert await _opportunities(company) == []
    assert (await company.interactions.get(an_entry(2).id)).opportunity_no == ""


async def test_what_is_asked_for_wrongly_changes_nothing(company: World) -> None:
    entry = await company.interactions.get(an_entry().id)
    unknown_cycle = OpportunityWish(sales_cycle_code="NONE")

    with pytest.raises(Invalid) as refusal:
        await create_opportunity(company, entry.id, unknown_cycle, None)
    with pytest.raises(Stale):
        await create_opportunity(company, entry.id, NOTHING_SAID, '"of yesterday"')
    with pytest.raises(NotFound):
        await create_opportunity(company, an_entry(99).id, NOTHING_SAID, None)

    assert refusal.value.fields == {"salesCycleCode": "There is no sales cycle NONE."}
    assert await _opportunities(company) == []
    assert await company.interactions.get(entry.id) == entry
    assert (await create_opportunity(company, entry.id, NOTHING_SAID, etag_of(entry))).no == "OP000001"


async def test_twenty_at_the_same_moment_get_twenty_numbers_without_gaps(company: World) -> None:
    entries = [an_entry(number) for number in range(1, 21)]
    await company.interactions.write(entries)

    made = await asyncio.gather(*(create_opportunity(company, entry.id, NOTHING_SAID, None) for entry in entries))

    numbers = [f"OP{count:06d}" for count in range(1, 21)]
    assert sorted(one.no for one in made) == numbers
    assert [one.no for one in await _opportunities(company)] == numbers
    linked = {entry.id: entry.opportunity_no for entry in await _entries(company, InteractionFilter())}
    assert linked == {entry.id: one.no for entry, one in zip(entries, made, strict=True)}
    assert {one.no: one.description for one in made} == {linked[entry.id]: entry.subject for entry in entries}


async def test_of_five_who_press_the_button_at_the_same_moment_one_wins(company: World) -> None:
    results = await asyncio.gather(
        *(create_opportunity(company, an_entry().id, NOTHING_SAID, None) for _ in range(5)), return_exceptions=True
    )

    winners = [result for result in results if isinstance(result, Opportunity)]
    refusals = [str(result) for result in results if isinstance(result, Conflict)]
    assert [one.no for one in winners] == ["OP000001"]
    assert refusals == ["This entry belongs to opportunity OP000001 already."] * 4
    assert [one.no for one in await _opportunities(company)] == ["OP000001"]


async def test_an_entry_that_somebody_changes_meanwhile_keeps_the_change_and_gets_the_number(company: World) -> None:
    async def judge() -> Interaction:
        while True:
            entry = await company.interactions.get(an_entry().id)
            try:
                return await company.interactions.change(entry, replace(entry, evaluation="Positive"))
            except Stale:
                continue

    await asyncio.gather(create_opportunity(company, an_entry().id, NOTHING_SAID, None), judge())

    (entry,) = await _entries(company, InteractionFilter(opportunity_no="OP000001"))
    assert (entry.evaluation, entry.opportunity_no) == ("Positive", "OP000001")
    assert replace(await company.interactions.get(entry.id), etag="") == replace(entry, etag="")


async def _entries(world: World, wanted: InteractionFilter) -> list[Interaction]:
    return list((await world.interactions.page(wanted, None, None, None, 200)).items)


async def _opportunities(world: World) -> list[Opportunity]:
    return list((await world.opportunities.page(OpportunityFilter(), None, 200)).items)
