"""What people change in an entry of the interaction log: their evaluation, whether it counts, their comments."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.errors import Stale
from shared.etags import check_match, etag_of
from shared.jobs.count_interactions import count_interactions
from shared.jobs.ports import World
from shared.sales.interaction import Comment, Interaction


@dataclass(frozen=True, slots=True)
class InteractionChange:
    """What is to be different. None leaves it as it is."""

    evaluation: str | None = None
    canceled: bool | None = None

    def made_to(self, entry: Interaction) -> Interaction:
        """The entry as it is to be."""
        return replace(
            entry,
            evaluation=entry.evaluation if self.evaluation is None else self.evaluation,
            canceled=entry.canceled if self.canceled is None else self.canceled,
        )


async def change_interaction(
    world: World, entry_id: str, change: InteractionChange, if_match: str | None
) -> Interaction:
    """Evaluates, cancels or reinstates an entry. Raises NotFound, Stale."""
    entry = await make_change(world, entry_id, change.made_to, if_match)
    if entry.opportunity_no and change.canceled is not None:
        await count_interactions(world, entry.opportunity_no)
    return entry


async def add_comment(
    world: World, entry_id: str, text: str, by: str, if_match: str | None
) -> tuple[Interaction, Comment]:
    """Adds a remark to an entry. Raises NotFound, Stale."""
    comment = Comment(text, world.clock(), by)
    while True:
        entry = await world.interactions.get(entry_id)
        check_match(entry, if_match)
        try:
            return await world.interactions.add_comment(entry, comment), comment
        except Stale:
            if comment in await world.interactions.comments(entry_id):  # it was done, but the answer was lost
                return await world.interactions.get(entry_id), comment


async def make_change(
    world: World, entry_id: str, changed: Callable[[Interaction], Interaction], if_match: str | None = None
) -> Interaction:
    """Changes an entry as it is now, also when somebody else changes it meanwhile. Raises NotFound, Stale.

    One that is to stay as it is gets written, too: whoever changed it may have been stopped before the lists followed.
    """
    while True:
        before = await world.interactions.get(entry_id)
        check_match(before, if_match)
        after = changed(before)
        try:
            return await world.interactions.change(before, after)
        except Stale:
            now = await world.interactions.get(entry_id)
            if etag_of(now) == etag_of(after):  # it was done, but the answer was lost
                return now
