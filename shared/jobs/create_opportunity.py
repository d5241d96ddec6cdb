"""Create Opportunity: an exchange becomes something that might be sold."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.errors import Conflict, Invalid, NotFound, Stale
from shared.etags import check_match
from shared.jobs.ports import World
from shared.sales.change_stage import StageChange, change_stage
from shared.sales.interaction import Interaction
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import Action, History
from shared.sales.sales_cycle import STANDARD, SalesCycle


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

    Raises Invalid, NotFound, Stale, or Conflict when the entry is canceled or has an opportunity, or when its contact
    or salesperson may get no new ones.
    """
    cycle = sales_cycle(wish.sales_cycle_code)
    entry = await world.interactions.get(entry_id)
    check_match(entry, if_match)
    if entry.canceled:
        raise Conflict("This entry is canceled. An opportunity cannot be made from it.")
    if entry.opportunity_no:
        await world.interactions.write([entry])  # whoever linked it may have died before the lists showed it
        raise Conflict(f"This entry belongs to opportunity {entry.opportunity_no} already.")
    await _check_people(world, entry)
    comments = await world.interactions.comments(entry_id)
    planned = _plan(entry, wish, cycle, (await world.setups.get()).local_date(world.clock()))
    is_ours = await world.opportunities.announce(entry_id, planned, comments)
    # Whoever comes second finishes what the first may have left half done, and then has lost.
    opportunity = await world.opportunities.make_announced(entry_id)
    await _link(world, entry_id, opportunity.no)
    if not is_ours:
        raise Conflict(f"This entry belongs to opportunity {opportunity.no} already.")
    return opportunity


def sales_cycle(code: str | None) -> SalesCycle:
    """The cycle with this code, or the default one. Raises Invalid."""
    if code is not None and code.upper() != STANDARD.code:
        raise Invalid("The opportunity is not valid.", {"salesCycleCode": f"There is no sales cycle {code}."})
    return STANDARD


async def _check_people(world: World, entry: Interaction) -> None:
    contact = await world.directory.contacts.find(entry.contact_no)
    salesperson = await world.directory.salespeople.find(entry.salesperson_code)
    if contact is None or salesperson is None:
        raise NotFound("The contact or the salesperson of this entry does not exist any more.")
    if contact.privacy_blocked:
        raise Conflict(f"Contact {contact.no} is privacy blocked and gets no opportunities.")
    if salesperson.blocked:
        raise Conflict(f"Salesperson {salesperson.code} is blocked and gets no new opportunities.")


def _plan(entry: Interaction, wish: OpportunityWish, cycle: SalesCycle, today: date) -> Opportunity:
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
        interaction_count=1,
    )
    if not wish.activate_first_stage:
        return opportunity
    return change_stage(History(opportunity), cycle, StageChange(Action.FIRST), today).opportunity


async def _link(world: World, entry_id: str, opportunity_no: str) -> None:
    """Gives the entry its opportunity's number, also when somebody changes the entry meanwhile."""
    while True:
        entry = await world.interactions.get(entry_id)
        if entry.opportunity_no:
            return
        try:
            await world.interactions.change(entry, replace(entry, opportunity_no=opportunity_no))
        except Stale:
            continue
        return
