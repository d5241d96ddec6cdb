"""Working an opportunity: correcting it, moving it from stage to stage, and closing it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypedDict

from shared.errors import Conflict, Invalid
from shared.etags import check_match
from shared.jobs.add_opportunity import NOT_VALID, cycle_for, find_people, refuse_blocked
from shared.jobs.ports import World
from shared.sales.change_stage import StageChange, change_stage
from shared.sales.close_opportunity import Closing, check_type, close_opportunity
from shared.sales.opportunity import Opportunity, Priority, Status
from shared.sales.opportunity_history import History


class OpportunityChanges(TypedDict, total=False):
    """What is to be different. What is not named stays."""

    description: str
    contact_no: str
    salesperson_code: str
    sales_cycle_code: str
    priority: Priority
    estimated_value: Decimal
    estimated_close_date: date | None
    sales_quote_no: str


async def correct(world: World, no: str, changes: OpportunityChanges, if_match: str | None) -> Opportunity:
    """Corrects an open opportunity, and with it the estimates of its active entry.

    Raises Invalid, NotFound, Stale, or Conflict when it is closed, somebody or the cycle that it would get is blocked,
    or it is in progress and would get another cycle.
    """
    history = await world.opportunities.history(no)
    before = history.opportunity
    asked = replace(before, **changes)
    contact, salesperson = await find_people(world, asked.contact_no, asked.salesperson_code)
    has_cycle = asked.sales_cycle_code.upper() == before.sales_cycle_code.upper()
    cycle = None if has_cycle else await cycle_for(world, asked.sales_cycle_code)
    check_match(before, if_match)
    _refuse_closed(before)
    if cycle and before.status is not Status.NOT_STARTED:
        raise Conflict(f"Opportunity {before.no} is in progress and stays in sales cycle {before.sales_cycle_code}.")
    is_new_contact = contact.no != before.contact_no
    is_new_salesperson = salesperson.code != before.salesperson_code
    refuse_blocked(contact if is_new_contact else None, salesperson if is_new_salesperson else None, cycle)
    after = replace(
        asked,
        contact_no=contact.no,
        company_no=contact.contact_company_no if is_new_contact else before.company_no,
        salesperson_code=salesperson.code,
        sales_cycle_code=cycle.code if cycle else before.sales_cycle_code,
    )
    return await world.opportunities.change(history, history.corrected(after))


async def move(world: World, no: str, change: StageChange, if_match: str | None) -> Opportunity:
    """First, Next, Previous, Skip, Jump or Update.

    Raises Invalid, NotFound, Stale, or Conflict when the state of the opportunity does not allow it.
    """
    history = await world.opportunities.history(no)
    code = history.opportunity.sales_cycle_code
    cycle = await world.sales_cycles.find(code)
    today = (await world.setups.get()).local_date(world.clock())
    if cycle is None:
        check_match(history.opportunity, if_match)
        _refuse_closed(history.opportunity)
        raise Conflict(f"Sales cycle {code} does not exist any more, so there is no stage to go to.")
    after = _decided(history, if_match, lambda: change_stage(history, cycle, change, today))
    return await world.opportunities.change(history, after)


async def close(world: World, no: str, closing: Closing, code: str, if_match: str | None) -> Opportunity:
    """Closes an opportunity as Won or Lost. Raises Invalid, NotFound, Stale, or Conflict when it is closed."""
    found = await world.close_opportunity_codes.find(code)
    if found is None:
        raise Invalid(NOT_VALID, {"closeOpportunityCode": f"There is no close opportunity code {code}."})
    check_type(closing.result, found)
    history = await world.opportunities.history(no)
    today = (await world.setups.get()).local_date(world.clock())
    after = _decided(history, if_match, lambda: close_opportunity(history, closing, found, today))
    return await world.opportunities.change(history, after)


def _decided(history: History, if_match: str | None, decide: Callable[[], History]) -> History:
    """What a rule says. Who does not see the opportunity as it is, is told so before its state is held against them."""
    try:
        after = decide()
    except Conflict:
        check_match(history.opportunity, if_match)
        raise
    check_match(history.opportunity, if_match)
    return after


def _refuse_closed(opportunity: Opportunity) -> None:
    if not opportunity.is_open:
        raise Conflict(f"Opportunity {opportunity.no} is closed and cannot be changed.")
