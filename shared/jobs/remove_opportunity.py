"""Deleting an opportunity: it is taken away, its entries of the log lose the number, and only then it is forgotten.

Whoever stops in between has left it taken away already; whoever deletes it again clears the rest away.
"""

from dataclasses import replace

from shared.errors import Conflict, NotFound, Stale
from shared.etags import check_match
from shared.jobs.ports import World
from shared.paging import Place
from shared.sales.interaction import Interaction, InteractionFilter
from shared.sales.opportunity import Status

_PAGE = 100


async def remove_opportunity(world: World, no: str, if_match: str | None) -> None:
    """Raises NotFound, Stale, or Conflict when it is in progress."""
    try:
        history = await world.opportunities.history(no)
    except NotFound:
        if not await world.opportunities.is_leaving(no):
            raise
    else:
        check_match(history.opportunity, if_match)
        if history.opportunity.status is Status.IN_PROGRESS:
            raise Conflict(f"Opportunity {history.opportunity.no} is in progress. Close it first.")
        await world.opportunities.remove(history)
    await clear_away(world, no)


async def clear_away(world: World, no: str) -> None:
    """Takes the number from the entries of an opportunity that was taken away."""
    for canceled in (False, True):
        wanted = InteractionFilter(opportunity_no=no, canceled=canceled)
        place: Place | None = None
        while True:
            page = await world.interactions.page(wanted, None, None, place, _PAGE)
            for entry in page.items:
                await _detach(world, entry, no)
            place = page.next
            if place is None:
                break
    await world.opportunities.forget(no)


async def put_opportunities_right(world: World) -> None:
    """Finishes what somebody who died was changing, or taking away."""
    for no in await world.opportunities.put_right():
        await clear_away(world, no)


async def _detach(world: World, shown: Interaction, no: str) -> None:
    """Takes the number from an entry, also when somebody changes it meanwhile."""
    while True:
        entry = await world.interactions.get(shown.id)
        if entry.opportunity_no != no:
            await world.interactions.write([shown])  # whoever took it may have stopped before the lists showed it
            return
        try:
            await world.interactions.change(entry, replace(entry, opportunity_no=""))
        except Stale:
            continue
        return
