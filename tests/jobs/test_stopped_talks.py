"""Changes of entries are stopped at each of their calls to storage. The tick puts every list right, and asked for
again they are done once."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import pytest
from azure.data.tables.aio import TableServiceClient

from local.tenant import Tenant
from shared.jobs.attach_interactions import attach_interaction, detach_interaction
from shared.jobs.change_interaction import InteractionChange, add_comment, change_interaction
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_due_mailboxes
from shared.sales.interaction import Interaction
from tests.jobs.company import found_company
from tests.jobs.entries import an_entry
from tests.jobs.left_behind import read_rows
from tests.jobs.stopped_work import NOW, Work, stopped_at_each_call
from tests.wire import Wire

NO = "OP000001"
SOURCE = an_entry(100_000)
NAMES = {"PartitionKey", "RowKey", "Timestamp", "etag"}


def talk(number: int) -> tuple[Interaction, Interaction]:
    """Two entries of one conversation."""
    first, second = (an_entry(10 * number + which, conversation_id=f"talk {number}") for which in (1, 2))
    return first, second


async def attach(world: World, number: int) -> object:
    return await attach_interaction(world, talk(number)[0].id, NO, True, None)


WORKS: Mapping[str, Callable[[World, int], Coroutine[Any, Any, object]]] = {
    "cancel": lambda world, number: change_interaction(
        world, talk(number)[0].id, InteractionChange("Positive", canceled=True), None
    ),
    "comment": lambda world, number: add_comment(world, talk(number)[0].id, "Call in June", "Anna", None),
    "attach": attach,
    "detach": lambda world, number: detach_interaction(world, talk(number)[0].id, True, None),
}
DONE: Mapping[str, tuple[str, bool, str]] = {
    "cancel": ("Positive", True, ""),
    "comment": ("", False, ""),
    "attach": ("", False, NO),
    "detach": ("", False, ""),
}
"""Evaluation, canceled, opportunity of the first entry."""


@pytest.mark.parametrize("what", WORKS)
async def test_a_change_that_was_stopped_leaves_lists_that_the_tick_puts_right_and_is_made_by_the_next_try(
    world: World, watched: World, wire: Wire, tenant: Tenant, storage: str, what: str
) -> None:
    await found_company(world, tenant)
    world = replace(world, clock=lambda: NOW)
    await world.setups.change(setup := await world.setups.get(), replace(setup, enabled=False))
    await world.interactions.write([SOURCE])
    await create_opportunity(world, SOURCE.id, OpportunityWish(), None)

    async def work(number: int) -> Work:
        await world.interactions.write(talk(number))
        if what == "detach":
            await attach(world, number)
        return WORKS[what](watched, number)

    stops = 0
    async with TableServiceClient.from_connection_string(storage) as service:
        async for number in stopped_at_each_call(wire, work):
            stops += 1
            if stops % 4 < 2:  # the one who asked comes back before the tick, or after it
                await run_due_mailboxes(world)
                await check_lists(service, world)
                await WORKS[what](world, number)
            else:
                await WORKS[what](world, number)
                await run_due_mailboxes(world)
                await check_lists(service, world)
            first, second = [await world.interactions.get(entry.id) for entry in talk(number)]
            assert (first.evaluation, first.canceled, first.opportunity_no) == DONE[what]
            assert second.opportunity_no == DONE[what][2]
            assert first.comment_count == len(await world.interactions.comments(first.id))
            assert first.comment_count in ((1, 2) if what == "comment" else (0,))
        await run_due_mailboxes(world)
        await check_lists(service, world)
    assert stops >= 2 * 10


async def check_lists(service: TableServiceClient, world: World) -> None:
    """Every copy is as the entry itself, in just those lists where it belongs, and the opportunity counts rightly."""
    rows = await read_rows(service, ("interactions", "interactionlists"))
    assert not [row for row in rows["interactions"] if row["PartitionKey"] == "changing"]
    entries = {row["id"]: shown(row) for row in rows["interactions"] if "id" in row}
    copies = [row for row in rows["interactionlists"] if "id" in row]
    assert [shown(row) for row in copies] == [entries[row["id"]] for row in copies]
    attached = {entry_id for entry_id, row in entries.items() if row["opportunity_no"]}
    listed = [row["id"] for row in copies if row["PartitionKey"].startswith("opportunity_no")]
    assert sorted(listed) == sorted(attached)
    assert len(copies) == 5 * len(entries) + len(attached)
    assert (await world.opportunities.get(NO)).interaction_count == len(listed)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in NAMES}
