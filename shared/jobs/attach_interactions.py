"""Entries of the log are attached to an open opportunity, alone or with their whole conversation, and detached again.

Later messages of an attached conversation follow it. Whoever attaches one notes it, and then looks for its entries;
whoever logs a message writes its entries, and then looks for the note: so whoever comes second finds the other.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from shared.errors import Conflict, NotFound
from shared.etags import check_match
from shared.jobs.change_interaction import make_change
from shared.jobs.count_interactions import count_interactions
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import clear_away
from shared.sales.interaction import Interaction, InteractionFilter

_PAGE = 100


async def attach_interaction(
    world: World, entry_id: str, opportunity_no: str, whole_conversation: bool, if_match: str | None
) -> Interaction:
    """Raises NotFound, Stale, or Conflict when the opportunity is closed, or the entry canceled or another's.

    Of a conversation, those that are canceled or another's stay as they are.
    """
    entry = await world.interactions.get(entry_id)
    opportunity = await world.opportunities.get(opportunity_no)
    check_match(entry, if_match)
    if not opportunity.is_open:
        raise Conflict(f"Opportunity {opportunity.no} is closed. Nothing can be attached to it.")
    no = opportunity.no
    attached = await make_change(world, entry_id, _attached_to(no), if_match)
    if whole_conversation and entry.conversation_id:
        await world.conversations.attach(entry.conversation_id, no)
        async for other in _conversation(world, entry):
            await make_change(world, other.id, _joining(no))
    if not await _is_left(world, no):
        raise Conflict(f"Opportunity {no} has been deleted in this moment.")
    return attached


async def detach_interaction(
    world: World, entry_id: str, whole_conversation: bool, if_match: str | None
) -> Interaction:
    """Takes an entry from its opportunity; where it has none, it stays so. Raises NotFound, Stale.

    An entry that is detached alone does not keep its conversation from being followed.
    """
    entry = await world.interactions.get(entry_id)
    check_match(entry, if_match)
    no = entry.opportunity_no or entry.detached_from
    if whole_conversation and entry.conversation_id:
        await world.conversations.detach(entry.conversation_id, no)
        async for other in _conversation(world, entry):
            await make_change(world, other.id, _detached_from(no))
    detached = await make_change(world, entry_id, _detached_from(no), if_match)
    if no:
        await count_interactions(world, no)
    return detached


async def follow_conversations(world: World, entries: Sequence[Interaction]) -> None:
    """Attaches entries that were logged now, where their conversations are attached to an opportunity that is open."""
    attached = await world.conversations.attached({entry.conversation_id for entry in entries} - {""})
    for entry in entries:
        if no := attached.get(entry.conversation_id):
            await _follow(world, entry, no)


async def _follow(world: World, entry: Interaction, no: str) -> None:
    try:
        opportunity = await world.opportunities.get(no)
    except NotFound:
        return
    if not opportunity.is_open:
        return
    await make_change(world, entry.id, lambda now: now if now.detached_from == no else _joining(no)(now))
    if (await world.conversations.attached([entry.conversation_id])).get(entry.conversation_id) != no:
        # It was detached in this moment, perhaps before this entry could be found.
        await make_change(world, entry.id, _detached_from(no))
    await _is_left(world, no)


async def _conversation(world: World, entry: Interaction) -> AsyncIterator[Interaction]:
    """The other entries of its conversation, canceled ones left out."""
    wanted = InteractionFilter(conversation_id=entry.conversation_id)
    page = await world.interactions.page(wanted, None, None, None, _PAGE)
    while True:
        for other in page.items:
            if other.id != entry.id:
                yield other
        if page.next is None:
            return
        page = await world.interactions.page(wanted, None, None, page.next, _PAGE)


async def _is_left(world: World, no: str) -> bool:
    """Whether the opportunity is still there, and counted anew. One that was deleted may not have seen its entries."""
    if await world.opportunities.is_gone(no):
        await clear_away(world, no)
        return False
    await count_interactions(world, no)
    return True


def _attached_to(no: str) -> Callable[[Interaction], Interaction]:
    def change(entry: Interaction) -> Interaction:
        if entry.canceled:
            raise Conflict("This entry is canceled. Reinstate it first.")
        if entry.opportunity_no not in {"", no}:
            raise Conflict(f"This entry belongs to opportunity {entry.opportunity_no} already.")
        return replace(entry, opportunity_no=no, detached_from="")

    return change


def _joining(no: str) -> Callable[[Interaction], Interaction]:
    """Attached, unless it is canceled or another's."""

    def change(entry: Interaction) -> Interaction:
        is_free = not entry.canceled and not entry.opportunity_no
        return replace(entry, opportunity_no=no, detached_from="") if is_free else entry

    return change


def _detached_from(no: str) -> Callable[[Interaction], Interaction]:
    def change(entry: Interaction) -> Interaction:
        return replace(entry, opportunity_no="", detached_from=no) if no and entry.opportunity_no == no else entry

    return change
