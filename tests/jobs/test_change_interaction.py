"""What people change in an entry, against real storage: the canonical row, its copies in the lists, its comments."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.errors import NotFound, Stale
from shared.etags import etag_of
from shared.jobs.change_interaction import InteractionChange, add_comment, change_interaction
from shared.jobs.ports import World
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from tests.jobs.entries import an_entry

CANCEL, REINSTATE = InteractionChange(canceled=True), InteractionChange(canceled=False)
LISTS = (
    InteractionFilter(),
    InteractionFilter(contact_no="CT000002"),
    InteractionFilter(company_no="CT000001"),
    InteractionFilter(salesperson_code="AK"),
    InteractionFilter(conversation_id="conversation-1"),
)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
async def log(world: World) -> World:
    """One entry."""
    await world.interactions.write([an_entry()])
    return replace(world, clock=lambda: NOON)


async def shown_in(world: World, wanted: InteractionFilter) -> list[Interaction]:
    """The entries that a list shows, as they are without the table's etag."""
    page = await world.interactions.page(wanted, None, None, None, 200)
    return [replace(entry, etag="") for entry in page.items]


async def test_an_evaluation_stands_in_the_entry_and_in_all_its_copies(log: World) -> None:
    changed = await change_interaction(log, an_entry().id, InteractionChange(evaluation="Very Positive"), None)

    assert changed == await log.interactions.get(an_entry().id)
    assert replace(changed, etag="") == an_entry(evaluation="Very Positive")
    for wanted in LISTS:
        assert await shown_in(log, wanted) == [an_entry(evaluation="Very Positive")]


async def test_a_canceled_entry_leaves_the_lists_unless_they_are_of_canceled_ones_and_can_come_back(log: World) -> None:
    await change_interaction(log, an_entry().id, CANCEL, None)

    for wanted in LISTS:
        assert await shown_in(log, wanted) == []
        assert await shown_in(log, replace(wanted, canceled=True)) == [an_entry(canceled=True)]

    await change_interaction(log, an_entry().id, REINSTATE, None)

    for wanted in LISTS:
        assert await shown_in(log, wanted) == [an_entry()]
        assert await shown_in(log, replace(wanted, canceled=True)) == []


async def test_a_change_leaves_alone_what_it_does_not_name(log: World) -> None:
    await change_interaction(log, an_entry().id, InteractionChange(evaluation="Negative"), None)
    await change_interaction(log, an_entry().id, CANCEL, None)
    await change_interaction(log, an_entry().id, InteractionChange(), None)

    assert await shown_in(log, InteractionFilter(canceled=True)) == [an_entry(evaluation="Negative", canceled=True)]


async def test_comments_are_kept_in_order_with_who_wrote_them_and_counted_everywhere(log: World) -> None:
    wrote = [("Call in June", "Anna"), ("He called first", "Ben")]
    for hour, (text, by) in enumerate(wrote):
        await add_comment(replace(log, clock=lambda hour=hour: NOON.replace(hour=hour)), an_entry().id, text, by, None)

    kept = await log.interactions.comments(an_entry().id)
    assert [(comment.comment, comment.created_by, comment.created_at.hour) for comment in kept] == [
        ("Call in June", "Anna", 0),
        ("He called first", "Ben", 1),
    ]
    for wanted in LISTS:
        assert await shown_in(log, wanted) == [an_entry(comment_count=2)]


async def test_two_may_say_something_in_the_same_moment(log: World) -> None:
    said = [("Yes", "Anna"), ("Yes", "Ben"), ("No", "Ben")]

    await asyncio.gather(*(add_comment(log, an_entry().id, text, by, None) for text, by in said))

    kept = {(comment.comment, comment.created_by) for comment in await log.interactions.comments(an_entry().id)}
    assert kept == set(said)
    assert (await log.interactions.get(an_entry().id)).comment_count == 3


async def test_a_change_of_what_was_read_before_somebody_else_changed_it_is_refused(log: World) -> None:
    read = etag_of(await log.interactions.get(an_entry().id))
    await change_interaction(log, an_entry().id, InteractionChange(evaluation="Neutral"), read)

    with pytest.raises(Stale):
        await change_interaction(log, an_entry().id, CANCEL, read)
    with pytest.raises(Stale):
        await add_comment(log, an_entry().id, "Too late", "Anna", read)
    with pytest.raises(NotFound):
        await change_interaction(log, an_entry(99).id, CANCEL, None)

    assert await shown_in(log, InteractionFilter()) == [an_entry(evaluation="Neutral")]
    assert await log.interactions.comments(an_entry().id) == ()


async def test_of_twenty_who_change_one_entry_at_the_same_moment_nobody_loses_what_was_confirmed(log: World) -> None:
    async def change(number: int) -> None:
        match number % 4:
            case 0:
                await change_interaction(log, an_entry().id, InteractionChange(evaluation="Positive"), None)
            case 1:
                await change_interaction(log, an_entry().id, CANCEL, None)
            case _:
                await add_comment(log, an_entry().id, f"Remark {number}", "Anna", None)

    await asyncio.gather(*(change(number) for number in range(20)))

    comments = await log.interactions.comments(an_entry().id)
    assert {comment.comment for comment in comments} == {f"Remark {n}" for n in range(20) if n % 4 > 1}
    expected = an_entry(evaluation="Positive", canceled=True, comment_count=10)
    assert replace(await log.interactions.get(an_entry().id), etag="") == expected
    for wanted in LISTS:
        assert await shown_in(log, replace(wanted, canceled=True)) == [expected]


async def test_of_twenty_who_change_what_they_have_read_one_wins(log: World) -> None:
    read = etag_of(await log.interactions.get(an_entry().id))

    results = await asyncio.gather(
        *(add_comment(log, an_entry().id, f"Remark {number}", "Anna", read) for number in range(20)),
        return_exceptions=True,
    )

    (won,) = (result[1] for result in results if not isinstance(result, BaseException))
    assert [type(result) for result in results].count(Stale) == 19
    assert list(await log.interactions.comments(an_entry().id)) == [Comment(won.comment, NOON, "Anna")]
