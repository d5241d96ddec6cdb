"""A company that sells: a cycle of three stages, codes for closing, and opportunities in any state."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from shared.jobs.add_opportunity import NewOpportunity, add_opportunity
from shared.jobs.change_opportunity import close, move
from shared.jobs.keep_directory import add_contact, add_salesperson
from shared.jobs.ports import World
from shared.sales.change_stage import StageChange
from shared.sales.close_opportunity import CloseOpportunityCode, Closing
from shared.sales.opportunity import Opportunity, OpportunityFilter, Status
from shared.sales.opportunity_history import Action
from shared.sales.party import Contact, ContactType, Salesperson
from shared.sales.sales_cycle import ProbabilityCalculation, SalesCycle, Stage

TODAY = date(2026, 11, 2)
MOST = 250
"""More opportunities than any story here makes."""
THREE = SalesCycle(
    "THREE",
    "Three stages",
    ProbabilityCalculation.MULTIPLY,
    (
        Stage(1, "Begin", Decimal(10), Decimal(30), date_formula="14D"),
        Stage(2, "Offer", Decimal(50), Decimal(60)),
        Stage(3, "Agree", Decimal(90), Decimal(80)),
    ),
)
WANTED = NewOpportunity("Lamps", "CT000002", "AK", "THREE", estimated_value=Decimal(500))


async def found_sellers(world: World) -> World:
    """The people, the cycle and the codes; and the world at noon of `TODAY`."""
    await add_salesperson(world, Salesperson("AK", "Anna"))
    await add_salesperson(world, Salesperson("BW", "Ben"))
    await add_salesperson(world, Salesperson("OUT", "Olaf", blocked=True))
    await add_contact(world, Contact("CT000001", ContactType.COMPANY, "Glen Corran"))
    await add_contact(world, Contact("CT000002", ContactType.PERSON, "Carl", "CT000001"))
    await add_contact(world, Contact("CT000003", ContactType.PERSON, "Dísa"))
    await add_contact(world, Contact("CT000009", ContactType.PERSON, "Nemo", privacy_blocked=True))
    await world.sales_cycles.add(THREE)
    await world.sales_cycles.add(replace(THREE, code="BLOCKED", blocked=True))
    await world.close_opportunity_codes.add(CloseOpportunityCode("PRICE", Status.WON))
    await world.close_opportunity_codes.add(CloseOpportunityCode("RIVAL", Status.LOST))
    return replace(world, clock=lambda: datetime(2026, 11, 2, 12, tzinfo=UTC))


async def an_opportunity(world: World, status: Status = Status.NOT_STARTED, **wanted: Any) -> Opportunity:
    """One that has come so far."""
    made = await add_opportunity(world, replace(WANTED, **wanted))
    if status is Status.NOT_STARTED:
        return made
    begun = await move(world, made.no, StageChange(Action.FIRST), None)
    if status is Status.IN_PROGRESS:
        return begun
    return await close(world, made.no, Closing(status), "PRICE" if status is Status.WON else "RIVAL", None)


async def listed(world: World, **wanted: str) -> list[Opportunity]:
    """What a list shows."""
    page = await world.opportunities.page(OpportunityFilter(**wanted), None, 1000)
    return [replace(one, etag="") for one in page.items]


async def check_lists(world: World) -> None:
    """Every list shows every opportunity that belongs in it, as it is, and no other."""
    everything = await listed(world)
    numbers = [f"OP{number:06d}" for number in range(1, MOST)]
    gone = await asyncio.gather(*(world.opportunities.is_gone(no) for no in numbers))
    assert [one.no for one in everything] == [no for no, is_gone in zip(numbers, gone, strict=True) if not is_gone]
    for shown in everything:
        is_now = await world.opportunities.get(shown.no)
        assert shown == replace(is_now, etag="")
        assert shown.interaction_count == is_now.interaction_count
    lists: list[dict[str, str]] = [{"status": status.value} for status in Status]
    lists += [{"contact_no": f"CT00000{number}"} for number in (1, 2, 3, 9)]
    lists += [{"company_no": "CT000001"}, {"salesperson_code": "AK"}, {"salesperson_code": "BW"}]
    for wanted in lists:
        ((field, value),) = wanted.items()
        assert await listed(world, **wanted) == [one for one in everything if getattr(one, field) == value], wanted
    of_three = [one for one in everything if one.sales_cycle_code == "THREE"]
    for stage in range(4):
        inside = [one.no for one in of_three if one.is_open and one.stage == stage]
        assert await world.opportunities.open_in_stage("THREE", stage) == (inside[0] if inside else ""), stage
