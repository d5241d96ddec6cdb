"""Work on opportunities is stopped at each of its calls to storage; the same asked for again puts everything right."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import Conflict, NotFound, Stale
from shared.jobs.add_opportunity import add_opportunity
from shared.jobs.change_opportunity import close, correct, move
from shared.jobs.count_interactions import count_interactions
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import put_opportunities_right, remove_opportunity
from shared.sales.change_stage import StageChange
from shared.sales.close_opportunity import Closing
from shared.sales.interaction import InteractionFilter
from shared.sales.opportunity import Opportunity, Status
from shared.sales.opportunity_history import Action
from tests.jobs.entries import an_entry
from tests.jobs.pipeline import WANTED, an_opportunity, check_lists, found_sellers, listed
from tests.jobs.stopped_work import Work, stopped_at_each_call
from tests.wire import Wire

type Change = Callable[[World, str], Awaitable[Opportunity]]
CHANGES: dict[str, tuple[Status, Change]] = {
    "the first stage": (Status.NOT_STARTED, lambda world, no: move(world, no, StageChange(Action.FIRST), None)),
    "won": (Status.IN_PROGRESS, lambda world, no: close(world, no, Closing(Status.WON), "PRICE", None)),
    "another salesperson and contact": (
        Status.NOT_STARTED,
        lambda world, no: correct(world, no, {"salesperson_code": "BW", "contact_no": "CT000003"}, None),
    ),
}
HISTORIES = {"the first stage": ["First"], "won": ["First", "Won"], "another salesperson and contact": []}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_that_was_stopped_is_made_once_and_every_list_follows(
    world: World, watched: World, wire: Wire, what: str
) -> None:
    world = await found_sellers(world)
    status, change = CHANGES[what]
    numbers: dict[int, str] = {}

    async def work(number: int) -> Work:
        numbers[number] = (await an_opportunity(world, status)).no
        return _as_coroutine(change(watched, numbers[number]))

    stops = 0
    async for number in stopped_at_each_call(wire, work):
        stops += 1
        before = await world.opportunities.read(numbers[number])
        try:
            after = await change(watched, numbers[number])
        except Conflict:
            after = before.opportunity  # it was made, and cannot be made twice
        read = await world.opportunities.read(numbers[number])
        assert replace(read.opportunity, etag="") == replace(after, etag="")
        assert [entry.action for entry in read.entries] == HISTORIES[what]
        assert [entry.active for entry in read.entries][-1:] == [True][: len(read.entries)]

    assert stops >= 2 * 10
    done = {replace(one, no="") for one in await listed(world)}
    assert len(done) == 1, "stopped or not, they all have become the same"
    await check_lists(world)


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_that_nobody_asks_for_again_is_made_or_not_and_the_tick_makes_the_lists_right(
    world: World, watched: World, wire: Wire, what: str
) -> None:
    world = await found_sellers(world)
    status, change = CHANGES[what]

    async def work(number: int) -> Work:
        return _as_coroutine(change(watched, (await an_opportunity(world, status)).no))

    async for _ in stopped_at_each_call(wire, work):
        await put_opportunities_right(world)
        assert await world.opportunities.put_right() == []

    assert {one.status for one in await listed(world)} | {one.contact_no for one in await listed(world)} > {status}
    await check_lists(world)


async def test_a_deletion_that_nobody_asks_for_again_is_finished_by_the_tick(
    world: World, watched: World, wire: Wire
) -> None:
    world = await found_sellers(world)
    numbers: dict[int, str] = {}

    async def work(number: int) -> Work:
        numbers[number] = (await an_opportunity(world)).no
        await world.interactions.write([an_entry(number, opportunity_no=numbers[number])])
        return remove_opportunity(watched, numbers[number], None)

    stayed = []
    async for number in stopped_at_each_call(wire, work):
        no = numbers[number]
        async for counted in world.interactions.put_right():
            await count_interactions(world, counted)
        await put_opportunities_right(world)
        is_gone = await world.opportunities.is_gone(no)
        stayed += [] if is_gone else [no]
        assert (await world.interactions.get(an_entry(number).id)).opportunity_no == ("" if is_gone else no)
        assert len(await _entries_of(world, no)) == (not is_gone)
        assert not await world.opportunities.is_leaving(no)
        assert await world.opportunities.put_right() == []

    assert 0 < len(stayed) < len(numbers) / 2
    assert sorted(one.no for one in await listed(world)) == sorted(stayed)
    await check_lists(world)


async def test_a_new_opportunity_that_was_stopped_leaves_no_gap_and_is_in_its_lists_when_the_next_one_is_made(
    world: World, watched: World, wire: Wire
) -> None:
    world = await found_sellers(world)

    async def work(number: int) -> Work:
        return add_opportunity(watched, replace(WANTED, description=f"Lamps {number}"))

    made = set()
    async for number in stopped_at_each_call(wire, work):
        made.add((await add_opportunity(watched, replace(WANTED, description=f"Again {number}"))).no)

    await check_lists(world)
    everything = await listed(world)
    assert [one.no for one in everything] == [f"OP{count:06d}" for count in range(1, len(everything) + 1)]
    assert len(made) < len(everything) < 2 * len(made) + 2, "some were made before they were stopped"
    for one in everything:
        assert (await world.opportunities.get(one.no)).description == one.description


async def test_an_opportunity_whose_deletion_was_stopped_is_there_or_leaves_nothing_behind(
    world: World, watched: World, wire: Wire
) -> None:
    world = await found_sellers(world)
    numbers: dict[int, str] = {}

    async def work(number: int) -> Work:
        await world.interactions.write([an_entry(number)])
        made = await create_opportunity(world, an_entry(number).id, OpportunityWish(), None)
        numbers[number] = made.no
        return remove_opportunity(watched, made.no, None)

    stops = went_at_once = 0
    async for number in stopped_at_each_call(wire, work):
        stops += 1
        no = numbers[number]
        is_there = not await world.opportunities.is_gone(no)
        try:
            await remove_opportunity(watched, no, None)
        except NotFound:
            went_at_once += 1
            assert not is_there
        with pytest.raises(NotFound):
            await remove_opportunity(watched, no, None)
        assert (await world.interactions.get(an_entry(number).id)).opportunity_no == ""
        assert await _entries_of(world, no) == []
        assert await world.opportunities.comments(no) == ()

    assert stops >= 2 * 15
    assert 0 < went_at_once <= 3, "after its last deed there is only the note to take away"
    await check_lists(world)


async def test_a_deletion_that_nobody_asks_for_again_is_finished_when_its_entry_becomes_another_opportunity(
    world: World, watched: World, wire: Wire
) -> None:
    world = await found_sellers(world)
    numbers: dict[int, str] = {}

    async def work(number: int) -> Work:
        await world.interactions.write([an_entry(number)])
        numbers[number] = (await create_opportunity(world, an_entry(number).id, OpportunityWish(), None)).no
        return remove_opportunity(watched, numbers[number], None)

    async for number in stopped_at_each_call(wire, work):
        entry = an_entry(number).id
        was_gone = await world.opportunities.is_gone(numbers[number])
        try:
            now = (await create_opportunity(watched, entry, OpportunityWish(), None)).no
        except Conflict:
            now = numbers[number]
        assert (now != numbers[number]) == was_gone
        assert (await world.interactions.get(entry)).opportunity_no == now
        assert [one.id for one in await _entries_of(world, now)] == [entry]
        assert (await world.opportunities.get(now)).interaction_count == 1


async def test_counting_that_was_stopped_is_right_the_next_time(world: World, watched: World, wire: Wire) -> None:
    world = await found_sellers(world)
    numbers: dict[int, str] = {}

    async def work(number: int) -> Work:
        numbers[number] = (await an_opportunity(world)).no
        await world.interactions.write([an_entry(number, opportunity_no=numbers[number])])
        await world.interactions.write([an_entry(number + 500, opportunity_no=numbers[number], canceled=True)])
        return count_interactions(watched, numbers[number])

    async for number in stopped_at_each_call(wire, work):
        await count_interactions(watched, numbers[number])
        assert (await world.opportunities.get(numbers[number])).interaction_count == 1


async def _as_coroutine(work: Awaitable[object]) -> None:
    try:
        await work
    except (Conflict, Stale):
        pytest.fail("it was refused the first time")


async def _entries_of(world: World, no: str) -> list[Any]:
    found: list[Any] = []
    for canceled in (False, True):
        wanted = InteractionFilter(opportunity_no=no, canceled=canceled)
        found += (await world.interactions.page(wanted, None, None, None, 100)).items
    return found
