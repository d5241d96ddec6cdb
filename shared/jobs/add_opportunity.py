"""New opportunities: what they need, and who and what may get none."""

from dataclasses import dataclass
from decimal import Decimal

from shared.errors import Conflict, Invalid
from shared.jobs.ports import World
from shared.sales.opportunity import Opportunity, Priority
from shared.sales.opportunity_history import History
from shared.sales.party import Contact, Salesperson
from shared.sales.sales_cycle import SalesCycle

NOT_VALID = "The opportunity is not valid."


@dataclass(frozen=True, slots=True)
class NewOpportunity:
    """What is said about an opportunity that is made by hand. Without a sales cycle it gets the default one."""

    description: str
    contact_no: str
    salesperson_code: str
    sales_cycle_code: str | None = None
    priority: Priority = Priority.NORMAL
    estimated_value: Decimal = Decimal(0)
    sales_quote_no: str = ""


async def add_opportunity(world: World, wanted: NewOpportunity) -> Opportunity:
    """Makes an opportunity. Raises Invalid, or Conflict when somebody or the cycle is blocked."""
    cycle = await cycle_for(world, wanted.sales_cycle_code)
    contact, salesperson = await find_people(world, wanted.contact_no, wanted.salesperson_code)
    refuse_blocked(contact, salesperson, cycle)
    opportunity = Opportunity(
        no="",
        description=wanted.description,
        contact_no=contact.no,
        company_no=contact.contact_company_no,
        salesperson_code=salesperson.code,
        sales_cycle_code=cycle.code,
        creation_date=(await world.setups.get()).local_date(world.clock()),
        priority=wanted.priority,
        estimated_value=wanted.estimated_value,
        sales_quote_no=wanted.sales_quote_no,
    )
    return await world.opportunities.add(History(opportunity))


async def cycle_for(world: World, code: str | None) -> SalesCycle:
    """The cycle with this code, or the default one. Raises Invalid, or Conflict when the default one is gone."""
    wanted = code if code is not None else (await world.setups.get()).default_sales_cycle_code
    cycle = await world.sales_cycles.find(wanted)
    if cycle is None and code is None:
        raise Conflict(f"The default sales cycle {wanted} does not exist. Choose another in the setup, or name one.")
    if cycle is None:
        raise Invalid(NOT_VALID, {"salesCycleCode": f"There is no sales cycle {wanted}."})
    return cycle


async def find_people(world: World, contact_no: str, salesperson_code: str) -> tuple[Contact, Salesperson]:
    """The contact and the salesperson. Raises Invalid, with a fault for each who does not exist."""
    contact = await world.directory.contacts.find(contact_no)
    salesperson = await world.directory.salespeople.find(salesperson_code)
    if contact and salesperson:
        return contact, salesperson
    faults = {} if contact else {"contactNo": f"There is no contact {contact_no}."}
    if salesperson is None:
        faults["salespersonCode"] = f"There is no salesperson {salesperson_code}."
    raise Invalid(NOT_VALID, faults)


def refuse_blocked(contact: Contact | None, salesperson: Salesperson | None, cycle: SalesCycle | None) -> None:
    """Raises Conflict when one of those who are to get the opportunity may get none."""
    if contact and contact.privacy_blocked:
        raise Conflict(f"Contact {contact.no} is privacy blocked and gets no opportunities.")
    if salesperson and salesperson.blocked:
        raise Conflict(f"Salesperson {salesperson.code} is blocked and gets no new opportunities.")
    if cycle and cycle.blocked:
        raise Conflict(f"Sales cycle {cycle.code} is blocked and gets no new opportunities.")
