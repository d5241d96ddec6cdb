"""Working an opportunity, against real storage: what changes, what is refused, and in which order."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import Conflict, Invalid, NotFound, ProductError, Stale
from shared.etags import etag_of
from shared.jobs.add_opportunity import NewOpportunity, add_opportunity
from shared.jobs.change_opportunity import OpportunityChanges, close, correct, move
from shared.jobs.change_setup import change_setup
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.keep_sales_cycles import change_sales_cycle, remove_sales_cycle
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import remove_opportunity
from shared.sales.change_stage import StageChange
from shared.sales.close_opportunity import Closing
from shared.sales.interaction import InteractionFilter
from shared.sales.opportunity import Opportunity, Priority, Status
from shared.sales.opportunity_history import Action
from tests.jobs.entries import an_entry
from tests.jobs.pipeline import THREE, TODAY, WANTED, an_opportunity, check_lists, found_sellers, listed


@pytest.fixture
async def sellers(world: World) -> World:
    return await found_sellers(world)


async def refusal(work: Awaitable[object]) -> ProductError:
    with pytest.raises(ProductError) as refused:
        await work
    return refused.value


async def test_a_new_opportunity_has_what_is_said_and_what_follows_from_it(sellers: World) -> None:
    wanted = NewOpportunity("Lamps", "ct000002", "ak", "three", Priority.HIGH, Decimal("12.50"), "SQ1")

    made = await add_opportunity(sellers, wanted)

    assert replace(made, etag="") == Opportunity(
        "OP000001", "Lamps", "CT000002", "CT000001", "AK", "THREE", TODAY,
        priority=Priority.HIGH, estimated_value=Decimal("12.50"), sales_quote_no="SQ1",
    )  # fmt: skip
    assert (await sellers.opportunities.read("op000001")).entries == ()
    await check_lists(sellers)


@pytest.mark.parametrize(
    ("wanted", "kind", "reason"),
    [
        ({"contact_no": "NONE"}, Invalid, "contactNo"),
        ({"salesperson_code": "NONE", "contact_no": "NONE"}, Invalid, "contactNo salespersonCode"),
        ({"sales_cycle_code": "NONE"}, Invalid, "salesCycleCode"),
        ({"contact_no": "CT000009", "salesperson_code": "NONE"}, Invalid, "salespersonCode"),
        ({"contact_no": "CT000009"}, Conflict, "Contact CT000009 is privacy blocked"),
        ({"salesperson_code": "OUT"}, Conflict, "Salesperson OUT is blocked"),
        ({"sales_cycle_code": "BLOCKED"}, Conflict, "Sales cycle BLOCKED is blocked"),
    ],
)
async def test_a_new_opportunity_needs_people_and_a_cycle_that_may_have_one(
    sellers: World, wanted: dict[str, Any], kind: type[ProductError], reason: str
) -> None:
    refused = await refusal(add_opportunity(sellers, replace(WANTED, **wanted)))
    assert type(refused) is kind
    assert (" ".join(refused.fields) if isinstance(refused, Invalid) else refused.message).startswith(reason)
    assert await listed(sellers) == []


async def test_the_default_cycle_is_the_one_of_the_setup(sellers: World) -> None:
    assert (await add_opportunity(sellers, replace(WANTED, sales_cycle_code=None))).sales_cycle_code == "STANDARD"
    await change_setup(sellers, replace(await sellers.setups.get(), default_sales_cycle_code="three"), None)
    assert (await add_opportunity(sellers, replace(WANTED, sales_cycle_code=None))).sales_cycle_code == "THREE"
    await sellers.sales_cycles.remove(await sellers.sales_cycles.get("THREE"))  # as if at the same moment
    assert "does not exist" in str(await refusal(add_opportunity(sellers, replace(WANTED, sales_cycle_code=None))))


async def test_an_opportunity_goes_its_way_and_its_history_and_the_lists_tell(sellers: World) -> None:
    no = (await an_opportunity(sellers)).no
    for change in (
        StageChange(Action.FIRST, date_of_change=date(2026, 10, 1)),
        StageChange(Action.NEXT, date_of_change=date(2026, 10, 8), estimated_value=Decimal(800)),
        StageChange(Action.SKIP, 3, date(2026, 10, 20)),
        StageChange(Action.JUMP, 1, date(2026, 10, 21)),
    ):
        moved = await move(sellers, no, change, None)
        await check_lists(sellers)
        assert await sellers.opportunities.get(no) == moved
    won = await close(sellers, no, Closing(Status.WON, value=Decimal(750)), "price", None)

    assert replace(won, etag="") == Opportunity(
        no, "Lamps", "CT000002", "CT000001", "AK", "THREE", TODAY, Status.WON,
        stage=1, stage_description="Begin", estimated_value=Decimal(800), won_value=Decimal(750),
        chances_of_success=Decimal(100), completed=Decimal(100), probability=Decimal(100),
        estimated_close_date=date(2026, 10, 15), date_closed=TODAY, close_opportunity_code="PRICE",
    )  # fmt: skip
    history = (await sellers.opportunities.read(no)).entries
    assert [(entry.action, entry.stage, entry.days_open(TODAY), entry.active) for entry in history] == [
        ("First", 1, 7, False), ("Next", 2, 12, False), ("Skip", 3, 1, False), ("Jump", 1, 12, False),
        ("Won", 1, 0, True),
    ]  # fmt: skip
    assert [entry.calculated_current_value for entry in history] == [15, 120, 576, 24, 750]
    await check_lists(sellers)


@pytest.mark.parametrize("status", Status)
async def test_a_list_shows_only_its_own(sellers: World, status: Status) -> None:
    for each in Status:
        await an_opportunity(sellers, each)
        await an_opportunity(sellers, each, salesperson_code="BW", contact_no="CT000003")
    assert [one.status for one in await listed(sellers, status=status.value)] == [status, status]
    (one,) = await listed(sellers, status=status.value, salesperson_code="BW")
    assert (one.contact_no, one.company_no) == ("CT000003", "")
    await check_lists(sellers)


async def test_what_is_corrected_is_different_and_the_rest_is_not(sellers: World) -> None:
    before = await an_opportunity(sellers)
    changes: OpportunityChanges = {
        "description": "Many lamps", "contact_no": "ct000003", "salesperson_code": "bw", "sales_cycle_code": "standard",
        "priority": Priority.LOW, "estimated_value": Decimal(7), "estimated_close_date": date(2027, 1, 1),
        "sales_quote_no": "SQ7",
    }  # fmt: skip

    after = await correct(sellers, before.no, changes, etag_of(before))

    known = {"contact_no": "CT000003", "company_no": "", "salesperson_code": "BW", "sales_cycle_code": "STANDARD"}
    assert replace(after, etag="") == replace(before, **{**changes, **known, "etag": ""})  # type: ignore[arg-type]
    assert (await correct(sellers, after.no, {"estimated_close_date": None}, None)).estimated_close_date is None
    assert replace(
        await correct(sellers, after.no, {}, None), estimated_close_date=date(2027, 1, 1), etag=""
    ) == replace(after, etag="")
    await check_lists(sellers)


async def test_correcting_the_estimates_corrects_the_active_entry(sellers: World) -> None:
    begun = await an_opportunity(sellers, Status.IN_PROGRESS)
    await move(sellers, begun.no, StageChange(Action.NEXT), None)

    await correct(sellers, begun.no, {"estimated_value": Decimal(1000), "estimated_close_date": date(2027, 5, 5)}, None)

    first, active = (await sellers.opportunities.read(begun.no)).entries
    assert [first.estimated_value, first.estimated_close_date] == [500, date(2026, 11, 16)]
    assert [active.estimated_value, active.calculated_current_value] == [1000, 150]
    assert (active.action, active.previous_stage, active.estimated_close_date) == ("Next", 1, date(2027, 5, 5))


@pytest.mark.parametrize(
    ("status", "changes", "kind", "reason"),
    [
        (Status.NOT_STARTED, {"contact_no": "NONE"}, Invalid, "contactNo"),
        (Status.NOT_STARTED, {"salesperson_code": "NONE"}, Invalid, "salespersonCode"),
        (Status.WON, {"sales_cycle_code": "NONE"}, Invalid, "salesCycleCode"),
        (Status.IN_PROGRESS, {"contact_no": "CT000009"}, Conflict, "Contact CT000009 is privacy blocked"),
        (Status.IN_PROGRESS, {"salesperson_code": "OUT"}, Conflict, "Salesperson OUT is blocked"),
        (Status.NOT_STARTED, {"sales_cycle_code": "BLOCKED"}, Conflict, "Sales cycle BLOCKED is blocked"),
        (Status.IN_PROGRESS, {"sales_cycle_code": "STANDARD"}, Conflict, "Opportunity OP000001 is in progress"),
        (Status.WON, {"description": "x"}, Conflict, "Opportunity OP000001 is closed"),
        (Status.LOST, {"priority": Priority.LOW}, Conflict, "Opportunity OP000001 is closed"),
    ],
)
async def test_a_correction_that_cannot_be_made_changes_nothing(
    sellers: World, status: Status, changes: OpportunityChanges, kind: type[ProductError], reason: str
) -> None:
    before = await an_opportunity(sellers, status)
    refused = await refusal(correct(sellers, before.no, changes, None))
    assert type(refused) is kind
    assert (" ".join(refused.fields) if isinstance(refused, Invalid) else refused.message).startswith(reason)
    if kind is Conflict:
        assert type(await refusal(correct(sellers, before.no, changes, '"old"'))) is Stale
    assert await sellers.opportunities.get(before.no) == before


async def test_people_who_were_blocked_since_keep_what_they_have(sellers: World) -> None:
    no = (await an_opportunity(sellers, Status.IN_PROGRESS)).no
    anna = await sellers.directory.salespeople.get("AK")
    await sellers.directory.salespeople.change(anna, replace(anna, blocked=True), sellers.clock())
    carl = await sellers.directory.contacts.get("CT000002")
    await sellers.directory.contacts.change(carl, replace(carl, privacy_blocked=True), sellers.clock())

    assert (await correct(sellers, no, {"description": "More", "salesperson_code": "AK"}, None)).description == "More"
    assert (await move(sellers, no, StageChange(Action.NEXT), None)).stage == 2


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (StageChange(Action.JUMP, 3), Invalid),
        (StageChange(Action.SKIP, 1), Invalid),
        (StageChange(Action.NEXT, date_of_change=date(2026, 11, 1)), Invalid),
        (StageChange(Action.FIRST), Stale),
        (StageChange(Action.PREVIOUS), Stale),
        (StageChange(Action.NEXT), Stale),
    ],
)
async def test_bad_input_is_refused_first_then_a_stale_tag_then_the_state(
    sellers: World, change: StageChange, kind: type[ProductError]
) -> None:
    no = (await an_opportunity(sellers, Status.IN_PROGRESS)).no
    assert type(await refusal(move(sellers, no, change, '"old"'))) is kind
    assert type(await refusal(move(sellers, "OP999999", change, '"old"'))) is NotFound


async def test_closing_is_refused_in_the_same_order(sellers: World) -> None:
    won = await an_opportunity(sellers, Status.WON)

    async def refused(no: str, result: Any, code: str, if_match: str | None, **more: Any) -> type[ProductError]:
        return type(await refusal(close(sellers, no, Closing(result, **more), code, if_match)))

    assert await refused("OP999999", Status.WON, "RIVAL", '"old"') is Invalid
    assert await refused("OP999999", Status.WON, "NONE", '"old"') is Invalid
    assert await refused("OP999999", Status.WON, "PRICE", '"old"') is NotFound
    assert await refused(won.no, Status.WON, "PRICE", '"old"', value=Decimal(0)) is Invalid
    assert await refused(won.no, Status.LOST, "RIVAL", '"old"', date_closed=date(2026, 11, 1)) is Invalid
    assert await refused(won.no, Status.LOST, "RIVAL", '"old"') is Stale
    assert await refused(won.no, Status.LOST, "RIVAL", etag_of(won)) is Conflict


async def test_an_opportunity_whose_cycle_vanished_at_the_same_moment_can_be_closed(sellers: World) -> None:
    no = (await an_opportunity(sellers, Status.IN_PROGRESS)).no
    await sellers.sales_cycles.remove(await sellers.sales_cycles.get("THREE"))

    assert "Sales cycle THREE does not exist any more" in str(
        await refusal(move(sellers, no, StageChange(Action.NEXT), None))
    )
    assert type(await refusal(move(sellers, no, StageChange(Action.NEXT), '"old"'))) is Stale
    assert (await correct(sellers, no, {"description": "Still"}, None)).description == "Still"
    assert (await close(sellers, no, Closing(Status.LOST), "RIVAL", None)).status is Status.LOST


async def test_a_cycle_is_kept_while_an_open_opportunity_is_in_it(sellers: World) -> None:
    no = (await an_opportunity(sellers)).no
    assert f"Opportunity {no} is open in sales cycle THREE" in str(
        await refusal(remove_sales_cycle(sellers, "three", None))
    )
    await move(sellers, no, StageChange(Action.FIRST), None)
    await move(sellers, no, StageChange(Action.NEXT), None)
    without_2 = replace(THREE, stages=(THREE.stages[0], THREE.stages[2]))
    assert f"Opportunity {no} is open in stage 2" in str(await refusal(change_sales_cycle(sellers, without_2, None)))
    assert type(await refusal(change_sales_cycle(sellers, without_2, '"old"'))) is Stale
    await move(sellers, no, StageChange(Action.NEXT), None)
    assert len((await change_sales_cycle(sellers, without_2, None)).stages) == 2
    await close(sellers, no, Closing(Status.LOST), "RIVAL", None)
    await remove_sales_cycle(sellers, "THREE", None)


async def test_only_what_is_not_in_progress_is_deleted_and_its_entries_lose_the_number(sellers: World) -> None:
    entries = [an_entry(number) for number in range(1, 4)]
    await sellers.interactions.write(entries)
    no = (await create_opportunity(sellers, entries[0].id, OpportunityWish(activate_first_stage=True), None)).no
    other = (await create_opportunity(sellers, entries[2].id, OpportunityWish(), None)).no
    attached = await sellers.interactions.get(entries[1].id)
    await sellers.interactions.change(attached, replace(attached, opportunity_no=no, canceled=True))

    assert type(await refusal(remove_opportunity(sellers, no, '"old"'))) is Stale
    assert "in progress" in str(await refusal(remove_opportunity(sellers, no, None)))
    await close(sellers, no, Closing(Status.LOST), "RIVAL", None)
    await remove_opportunity(sellers, no, None)

    for work in (sellers.opportunities.get(no), remove_opportunity(sellers, no, None), correct(sellers, no, {}, None)):
        assert type(await refusal(work)) is NotFound
    assert [(await sellers.interactions.get(entry.id)).opportunity_no for entry in entries] == ["", "", other]
    for wanted in ({"opportunity_no": no}, {"opportunity_no": no, "canceled": True}):
        found = await sellers.interactions.page(InteractionFilter(**wanted), None, None, None, 10)
        assert found.items == ()
    assert [one.no for one in await listed(sellers)] == [other]
    await check_lists(sellers)
    assert (await create_opportunity(sellers, entries[0].id, OpportunityWish(), None)).no == "OP000003"


async def test_a_number_is_not_given_again(sellers: World) -> None:
    for number in range(1, 4):
        made = await an_opportunity(sellers)
        assert made.no == f"OP{number:06d}"
        await remove_opportunity(sellers, made.no, None)


async def test_the_apps_own_cycle_does_not_come_back_once_it_is_deleted(sellers: World) -> None:
    await change_setup(sellers, replace(await sellers.setups.get(), default_sales_cycle_code="THREE"), None)
    standard = await sellers.sales_cycles.get("standard")

    await remove_sales_cycle(sellers, "STANDARD", etag_of(standard))

    assert await sellers.sales_cycles.find("STANDARD") is None
    assert [cycle.code for cycle in await sellers.sales_cycles.all()] == ["BLOCKED", "THREE"]
    assert replace(await sellers.sales_cycles.add(standard), etag="") == standard
