"""Create Opportunity: an exchange becomes something that might be sold."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.errors import Conflict, NotFound, Stale
from shared.etags import check_match
from shared.jobs.add_opportunity import cycle_for, refuse_blocked
from shared.jobs.count_interactions import count_interactions
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import clear_away
from shared.sales.change_stage import StageChange, change_stage
from shared.sales.interaction import Interaction
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import Action, History
from shared.sales.sales_cycle import SalesCycle


@dataclass(frozen=True, slots=True)
class OpportunityWish:
    """What may be said about the new opportunity. None takes what the entry or the sales cycle says."""

    description: str | None = None
    sales_cycle_code: str | None = None
    activate_first_stage: bool = False
    estimated_value: Decimal = Decimal(0)
    chances_of_success: Decimal = Decimal(0)
    estimated_close_date: date | None = None


async def create_opportunity(world: World, entry_id: str, wish: OpportunityWish, if_match: str | None) -> Opportunity:
    """Makes an opportunity from an entry, once, whoever asks and however often.

    Raises Invalid, NotFound, Stale, or Conflict when the entry is canceled or has an opportunity, or when its contact,
    its salesperson or the sales cycle may get no new ones.
    """
    cycle = await cycle_for(world, wish.sales_cycle_code)
    entry = await world.interactions.get(entry_id)
    check_match(entry, if_match)
    if entry.canceled:
        raise Conflict("This entry is canceled. An opportunity cannot be made from it.")
    if entry.opportunity_no:
        await _refuse_linked(world, entry)
    await _check_people(world, entry, cycle)
    comments = await world.interactions.comments(entry_id)
    planned = _plan(entry, wish, cycle, (await world.setups.get()).local_date(world.clock()))
    # An entry gives one opportunity, and another one after it was detached from that.
    source = f"{entry_id}-{entry.detached_from}" if entry.detached_from else entry_id
    no, is_ours = await world.opportunities.make_from(source, planned, comments)
    # Whoever comes second finishes what the first may have left half done, and then has lost.
    await _link(world, entry_id, no)
    await count_interactions(world, no)
    if not is_ours:
        raise Conflict(f"This entry belongs to opportunity {no} already.")
    return await world.opportunities.get(no)


async def _refuse_linked(world: World, entry: Interaction) -> None:
    """Raises Conflict, unless the opportunity is being deleted: then it leaves the entry now."""
    await world.interactions.write([entry])  # whoever linked it may have died before the lists showed it
    if not await world.opportunities.is_gone(entry.opportunity_no):
        await count_interactions(world, entry.opportunity_no)
        raise Conflict(f"This entry belongs to opportunity {entry.opportunity_no} already.")
    await clear_away(world, entry.opportunity_no)


async def _check_people(world: World, entry: Interaction, cycle: SalesCycle) -> None:
    contact = await world.directory.contacts.find(entry.contact_no)
    salesperson = await world.directory.salespeople.find(entry.salesperson_code)
    if contact is None or salesperson is None:
        raise NotFound("The contact or the salesperson of this entry does not exist any more.")
    refuse_blocked(contact, salesperson, cycle)


def _plan(entry: Interaction, wish: OpportunityWish, cycle: SalesCycle, today: date) -> History:
    opportunity = Opportunity(
        no="",
        description=wish.description if wish.description is not None else entry.description,
        contact_no=entry.contact_no,
        company_no=entry.company_no,
        salesperson_code=entry.salesperson_code,
        sales_cycle_code=cycle.code,
        creation_date=today,
        estimated_value=wish.estimated_value,
        chances_of_success=wish.chances_of_success,
        estimated_close_date=wish.estimated_close_date,
    )
    if not wish.activate_first_stage:
        return History(opportunity)
    return change_stage(History(opportunity), cycle, StageChange(Action.FIRST), today)


async def _link(world: World, entry_id: str, opportunity_no: str) -> None:
    """Gives the entry its opportunity's number, also when somebody changes the entry meanwhile."""
    while not (entry := await world.interactions.get(entry_id)).opportunity_no:
        try:
            await world.interactions.change(entry, replace(entry, opportunity_no=opportunity_no))
        except Stale:
            continue
    # Who deletes it takes it away, and then looks for its entries; we link, and then look whether it is there.
    if await world.opportunities.is_gone(opportunity_no):
        await clear_away(world, opportunity_no)
        raise Conflict(f"Opportunity {opportunity_no} has been deleted in this moment.")
