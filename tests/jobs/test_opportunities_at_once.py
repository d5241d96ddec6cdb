"""Several people work on opportunities at the same moment: no success is lost, and no number is given twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.errors import Conflict, NotFound, ProductError, Stale
from shared.etags import etag_of
from shared.jobs.add_opportunity import add_opportunity
from shared.jobs.change_opportunity import move
from shared.jobs.count_interactions import count_interactions
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import remove_opportunity
from shared.sales.change_stage import StageChange
from shared.sales.opportunity import Opportunity, Priority, Status
from shared.sales.opportunity_history import Action
from tests.jobs.entries import an_entry
from tests.jobs.pipeline import TODAY, WANTED, an_opportunity, check_lists, found_sellers, listed


@pytest.fixture
async def sellers(world: World) -> World:
    return await found_sellers(world)


async def test_interactions_are_counted_and_that_makes_nothing_stale(sellers: World) -> None:
    await sellers.interactions.write([an_entry(number) for number in range(1, 6)])
    before = await create_opportunity(sellers, an_entry(1).id, OpportunityWish(sales_cycle_code="THREE"), None)
    history = await sellers.opportunities.history(before.no)
    for number in (2, 3, 4):
        entry = await sellers.interactions.get(an_entry(number).id)
        await sellers.interactions.change(entry, replace(entry, opportunity_no=before.no, canceled=number == 4))
    await asyncio.gather(*(count_interactions(sellers, before.no) for _ in range(5)))

    counted = await sellers.opportunities.get(before.no)
    assert (before.interaction_count, counted.interaction_count, etag_of(counted)) == (1, 3, etag_of(before))
    await sellers.opportunities.change(
        history, replace(history, opportunity=replace(history.opportunity, priority=Priority.LOW))
    )
    after = await move(sellers, before.no, StageChange(Action.FIRST), None)
    assert (after.priority, after.interaction_count) == (Priority.LOW, 3)
    await check_lists(sellers)
    await count_interactions(sellers, "OP999999")


async def test_who_counted_before_somebody_else_did_counts_again(sellers: World) -> None:
    for second in (0, 1):
        before = await an_opportunity(sellers)
        await sellers.opportunities.set_interaction_count(before, second)
        with pytest.raises(Stale):
            await sellers.opportunities.set_interaction_count(before, 2)
        assert (await sellers.opportunities.get(before.no)).interaction_count == second


async def test_fifty_at_the_same_moment_get_fifty_numbers_without_gaps(sellers: World) -> None:
    entries = [an_entry(number) for number in range(1, 26)]
    await sellers.interactions.write(entries)

    made = await asyncio.gather(
        *(add_opportunity(sellers, replace(WANTED, description=f"By hand {number}")) for number in range(25)),
        *(create_opportunity(sellers, entry.id, OpportunityWish(sales_cycle_code="THREE"), None) for entry in entries),
    )

    assert sorted(one.no for one in made) == [f"OP{count:06d}" for count in range(1, 51)]
    assert {one.no: one.description for one in await listed(sellers)} == {one.no: one.description for one in made}
    await check_lists(sellers)
    assert await sellers.numbers.take("OP", 1) == ["OP000051"]


async def test_fifty_in_two_workers_get_fifty_numbers_without_gaps(sellers: World, watched: World) -> None:
    made = await asyncio.gather(
        *(
            add_opportunity(world, WANTED)
            for _ in range(25)
            for world in (sellers, replace(watched, clock=sellers.clock))
        )
    )

    assert sorted(one.no for one in made) == [f"OP{count:06d}" for count in range(1, 51)]
    await check_lists(sellers)


async def test_of_twenty_changes_at_the_same_moment_none_that_succeeded_is_lost(sellers: World) -> None:
    before = await an_opportunity(sellers, Status.IN_PROGRESS)
    moment = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert sellers.clock() == moment

    async def one(number: int) -> int | None:
        value = Decimal(1000 + number)
        try:
            await move(sellers, before.no, StageChange(Action.UPDATE, estimated_value=value), None)
        except Stale:
            return None
        return 1000 + number

    results = await asyncio.gather(*(one(number) for number in range(20)))

    done = [value for value in results if value is not None]
    entries = (await sellers.opportunities.read(before.no)).entries
    assert done, "one wins"
    assert sorted(int(entry.estimated_value) for entry in entries[1:]) == sorted(done)
    assert [entry.entry_no for entry in entries] == list(range(1, len(done) + 2))
    assert (await sellers.opportunities.get(before.no)).estimated_value == entries[-1].estimated_value
    await check_lists(sellers)


async def test_a_step_that_changes_no_number_is_not_lost_either(sellers: World) -> None:
    no = (await an_opportunity(sellers, Status.IN_PROGRESS)).no
    before = await sellers.opportunities.read(no)
    after = before.then(before.opportunity, Action.UPDATE, TODAY)
    await sellers.opportunities.change(before, after)
    with pytest.raises(Stale):
        await sellers.opportunities.change(before, after)
    assert [entry.action for entry in (await sellers.opportunities.read(no)).entries] == ["First", "Update"]


async def test_of_twenty_who_move_it_on_from_what_they_saw_one_wins(sellers: World) -> None:
    before = await an_opportunity(sellers, Status.IN_PROGRESS)

    results = await asyncio.gather(
        *(move(sellers, before.no, StageChange(Action.NEXT), etag_of(before)) for _ in range(20)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Opportunity"] + ["Stale"] * 19
    assert (await sellers.opportunities.get(before.no)).stage == 2
    await check_lists(sellers)


async def test_who_deletes_and_who_changes_at_the_same_moment_do_not_both_succeed(sellers: World) -> None:
    for _ in range(10):
        before = await an_opportunity(sellers)
        removed, begun = await asyncio.gather(
            remove_opportunity(sellers, before.no, None),
            move(sellers, before.no, StageChange(Action.FIRST), None),
            return_exceptions=True,
        )
        assert isinstance(removed, ProductError) != isinstance(begun, ProductError)
        assert await sellers.opportunities.is_gone(before.no) == (removed is None)
    await check_lists(sellers)


async def test_an_entry_never_keeps_the_number_of_an_opportunity_that_was_deleted_while_it_was_made(
    sellers: World,
) -> None:
    for number in range(1, 11):
        await sellers.interactions.write([an_entry(number)])
        no = f"OP{number:06d}"

        async def delete_as_soon_as_it_is_there(no: str = no) -> None:
            while True:
                try:
                    return await remove_opportunity(sellers, no, None)
                except NotFound:
                    await asyncio.sleep(0)

        made, _ = await asyncio.gather(
            create_opportunity(sellers, an_entry(number).id, OpportunityWish(), None),
            delete_as_soon_as_it_is_there(),
            return_exceptions=True,
        )
        assert isinstance(made, Opportunity | Conflict | NotFound), made
        assert (await sellers.interactions.get(an_entry(number).id)).opportunity_no == ""
    assert await listed(sellers) == []
