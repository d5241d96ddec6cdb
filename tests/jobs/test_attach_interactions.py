"""Entries are attached to opportunities and detached, alone or with their conversation, and later messages follow."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from local.tenant import Tenant
from shared.errors import Conflict, NotFound
from shared.jobs.attach_interactions import attach_interaction, detach_interaction, follow_conversations
from shared.jobs.change_interaction import InteractionChange, change_interaction
from shared.jobs.change_opportunity import close
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import remove_opportunity
from shared.jobs.run_email_logging import run_now
from shared.sales.close_opportunity import CloseOpportunityCode, Closing
from shared.sales.interaction import Interaction, InteractionFilter
from shared.sales.opportunity import Status
from tests.jobs.company import ANNA, CARL, found_company, letter
from tests.jobs.entries import an_entry
from tests.wire import Call, Wire

NO, OTHER = "OP000001", "OP000002"
TALK = [an_entry(number, conversation_id="talk") for number in (1, 2, 3)]
ELSEWHERE = [an_entry(number) for number in (11, 12)]


@pytest.fixture
async def log(world: World, tenant: Tenant) -> World:
    """A conversation of three entries, and two open opportunities that come from elsewhere."""
    await found_company(world, tenant)
    await world.interactions.write([*TALK, *ELSEWHERE])
    for entry in ELSEWHERE:
        await create_opportunity(world, entry.id, OpportunityWish(), None)
    return world


async def numbers(world: World, entries: list[Interaction] = TALK) -> list[str]:
    return [(await world.interactions.get(entry.id)).opportunity_no for entry in entries]


async def of_opportunity(world: World, no: str = NO) -> list[str]:
    page = await world.interactions.page(InteractionFilter(opportunity_no=no), None, None, None, 200)
    assert (await world.opportunities.get(no)).interaction_count == len(page.items)
    return [entry.id for entry in page.items]


async def lose(world: World, no: str) -> None:
    await world.close_opportunity_codes.add(CloseOpportunityCode("PRICE", Status.LOST))
    await close(world, no, Closing(Status.LOST), "PRICE", None)


async def test_an_entry_is_attached_alone_and_detached(log: World) -> None:
    attached = await attach_interaction(log, TALK[1].id, "op000001", False, None)

    assert attached.opportunity_no == NO
    assert await numbers(log) == ["", NO, ""]
    assert await of_opportunity(log) == [ELSEWHERE[0].id, TALK[1].id]

    detached = await detach_interaction(log, TALK[1].id, False, None)

    assert detached.opportunity_no == ""
    assert await of_opportunity(log) == [ELSEWHERE[0].id]
    assert await detach_interaction(log, TALK[1].id, False, None) == await log.interactions.get(TALK[1].id)


async def test_a_conversation_is_attached_but_for_what_is_canceled_or_belongs_to_another(log: World) -> None:
    await change_interaction(log, TALK[0].id, InteractionChange(canceled=True), None)
    await attach_interaction(log, TALK[1].id, OTHER, False, None)

    await attach_interaction(log, TALK[2].id, NO, True, None)

    assert await numbers(log) == ["", OTHER, NO]
    assert await of_opportunity(log) == [ELSEWHERE[0].id, TALK[2].id]


async def test_a_later_message_follows_its_conversation(log: World) -> None:
    await attach_interaction(log, TALK[0].id, NO, True, None)

    assert await numbers(log, await later(log, 4)) == [NO]
    await detach_interaction(log, TALK[1].id, False, None)
    assert await numbers(log, await later(log, 5)) == [NO], "the conversation as a whole is attached still"
    assert await numbers(log) == [NO, "", NO]

    await detach_interaction(log, TALK[0].id, True, None)
    assert await numbers(log, await later(log, 6)) == [""]
    assert await numbers(log) == ["", "", ""]
    assert await of_opportunity(log) == [ELSEWHERE[0].id]


async def test_what_was_detached_does_not_follow_when_a_plan_is_carried_out_again(log: World) -> None:
    await attach_interaction(log, TALK[0].id, NO, True, None)
    await detach_interaction(log, TALK[1].id, False, None)

    await log.interactions.write(TALK)
    await follow_conversations(log, TALK)

    assert await numbers(log) == [NO, "", NO]
    await attach_interaction(log, TALK[0].id, NO, True, None)
    assert await numbers(log) == [NO, NO, NO], "whoever attaches the conversation again means all of it"


async def test_an_entry_that_was_detached_may_become_another_opportunity(log: World) -> None:
    await detach_interaction(log, ELSEWHERE[0].id, False, None)

    made = await create_opportunity(log, ELSEWHERE[0].id, OpportunityWish(), None)

    assert made.no == "OP000003"
    assert await of_opportunity(log, "OP000003") == [ELSEWHERE[0].id]
    assert await of_opportunity(log, NO) == []
    with pytest.raises(Conflict, match="belongs to opportunity OP000003 already"):
        await create_opportunity(log, ELSEWHERE[0].id, OpportunityWish(), None)


async def test_an_entry_that_is_attached_alone_leads_nobody(log: World) -> None:
    await attach_interaction(log, TALK[0].id, NO, False, None)

    assert await numbers(log, await later(log, 4)) == [""]


async def test_nothing_follows_to_an_opportunity_that_is_closed_or_deleted(log: World) -> None:
    await attach_interaction(log, TALK[0].id, NO, True, None)
    await lose(log, NO)
    assert await numbers(log, await later(log, 4)) == [""]

    await remove_opportunity(log, NO, None)
    assert await numbers(log, await later(log, 5)) == [""]


async def test_a_conversation_is_led_by_the_opportunity_that_it_was_attached_to_last(log: World) -> None:
    await attach_interaction(log, TALK[0].id, NO, True, None)
    await detach_interaction(log, TALK[0].id, False, None)
    await attach_interaction(log, TALK[0].id, OTHER, True, None)

    assert await numbers(log) == [OTHER, NO, NO]
    assert await numbers(log, await later(log, 4)) == [OTHER]


async def test_mail_that_comes_in_follows_its_conversation(log: World, tenant: Tenant) -> None:
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(ANNA, CARL, message_id="<first@letters.example>"))
    await run_now(log)
    (first,) = await logged_as(log, "<first@letters.example>")
    await attach_interaction(log, first.id, NO, True, None)

    mailbox.put(letter(CARL, ANNA, message_id="<reply@letters.example>", in_reply_to="<first@letters.example>"))
    mailbox.put(letter(ANNA, CARL, message_id="<other@letters.example>", subject="Something else"))
    await run_now(log)

    assert [e.opportunity_no for e in await logged_as(log, "<reply@letters.example>")] == [NO]
    assert [e.opportunity_no for e in await logged_as(log, "<other@letters.example>")] == [""]
    assert len(await of_opportunity(log)) == 3


async def test_a_message_that_comes_at_any_moment_of_an_attachment_follows(
    log: World, watched: World, wire: Wire
) -> None:
    async def round_of(moment: int) -> bool:
        first, second = (an_entry(which + moment, conversation_id=f"talk {moment}") for which in (100, 500))
        await log.interactions.write([first])
        attaching = attach_interaction(watched, first.id, NO, True, None)
        happened = await at_moment(wire, moment, attaching, lambda: logged(log, second))
        assert not happened or await numbers(log, [first, second]) == [NO, NO], moment
        return happened

    assert await rounds(round_of) > 10


async def test_a_message_follows_a_conversation_that_is_attached_while_it_is_logged(
    log: World, watched: World, wire: Wire
) -> None:
    async def round_of(moment: int) -> bool:
        first, second = (an_entry(which + moment, conversation_id=f"talk {moment}") for which in (100, 500))
        await log.interactions.write([first])
        happened = await at_moment(
            wire, moment, logged(watched, second), lambda: attach_interaction(log, first.id, NO, True, None)
        )
        assert not happened or await numbers(log, [first, second]) == [NO, NO], moment
        return happened

    assert await rounds(round_of) > 5


async def test_a_message_does_not_follow_a_conversation_that_is_detached_while_it_is_logged(
    log: World, watched: World, wire: Wire
) -> None:
    async def round_of(moment: int) -> bool:
        first, second = (an_entry(which + moment, conversation_id=f"talk {moment}") for which in (100, 500))
        await log.interactions.write([first])
        await attach_interaction(log, first.id, NO, True, None)
        happened = await at_moment(
            wire, moment, logged(watched, second), lambda: detach_interaction(log, first.id, True, None)
        )
        assert not happened or await numbers(log, [first, second]) == ["", ""], moment
        return happened

    assert await rounds(round_of) > 10


async def rounds(round_of: Callable[[int], Awaitable[bool]]) -> int:
    """How many rounds there were, one for each moment, until nothing happened any more."""
    moment = 1
    while await round_of(moment):
        moment += 1
    return moment


async def at_moment(wire: Wire, moment: int, work: Awaitable[object], happens: Callable[[], Awaitable[object]]) -> bool:
    """Does the work, in which something happens just before a call to storage. False when it ended before that."""
    calls = itertools.count(1)
    happened = False

    async def meet(_call: Call) -> None:
        nonlocal happened
        if next(calls) == moment:
            happened = True
            await happens()

    wire.meets = meet
    await work
    return happened


async def test_what_cannot_be_attached_is_refused_and_stays(log: World) -> None:
    await lose(log, OTHER)
    with pytest.raises(Conflict, match="OP000002 is closed"):
        await attach_interaction(log, TALK[0].id, OTHER, True, None)
    with pytest.raises(NotFound):
        await attach_interaction(log, TALK[0].id, "OP000009", True, None)
    with pytest.raises(NotFound):
        await attach_interaction(log, an_entry(99).id, NO, True, None)
    with pytest.raises(Conflict, match="belongs to opportunity OP000002 already"):
        await attach_interaction(log, ELSEWHERE[1].id, NO, True, None)
    await change_interaction(log, TALK[0].id, InteractionChange(canceled=True), None)
    with pytest.raises(Conflict, match="canceled"):
        await attach_interaction(log, TALK[0].id, NO, True, None)

    assert await numbers(log) == ["", "", ""]
    assert await numbers(log, await later(log, 4)) == [""]


async def later(world: World, number: int, conversation_id: str = "talk") -> list[Interaction]:
    """A later entry of the conversation, logged as a run does it."""
    entry = an_entry(number, conversation_id=conversation_id)
    await logged(world, entry)
    return [entry]


async def logged(world: World, entry: Interaction) -> None:
    """Logs an entry as a run does it."""
    await world.interactions.write([entry])
    await follow_conversations(world, [entry])


async def logged_as(world: World, message_id: str) -> list[Interaction]:
    page = await world.interactions.page(InteractionFilter(), None, None, None, 200)
    return [entry for entry in page.items if entry.internet_message_id == message_id]
