"""How many entries of the log belong to an opportunity: counted anew whenever one comes, goes or is canceled."""

from shared.errors import NotFound, Stale
from shared.jobs.ports import World


async def count_interactions(world: World, opportunity_no: str) -> None:
    """Notes the number with the opportunity, which may be gone."""
    while True:
        try:
            opportunity = await world.opportunities.get(opportunity_no)
        except NotFound:
            return
        # After the opportunity was read: whoever counts otherwise meanwhile writes it, and we look again.
        count = await world.interactions.count(opportunity_no)
        try:
            await world.opportunities.set_interaction_count(opportunity, count)
        except Stale:
            continue
        return
