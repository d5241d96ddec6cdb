"""Keeping contacts and salespeople: what must be true of one before it is written, or deleted."""

from dataclasses import replace

from shared.errors import Conflict, Invalid
from shared.etags import check_match
from shared.jobs.check_person import faults_of, tidied
from shared.jobs.ports import World
from shared.jobs.rematch_held import became_known, will_be_known
from shared.sales.interaction import InteractionFilter
from shared.sales.opportunity import OpportunityFilter
from shared.sales.party import Contact, ContactType, Salesperson, addresses_of

CONTACT_SERIES = "CT"
"""Numbers of contacts that come without one."""


async def add_contact(world: World, contact: Contact) -> Contact:
    """Raises Invalid, or Conflict when the number or an address is taken."""
    contact = tidied(contact)
    await check_contact(world, contact)
    if not contact.no:
        contact = replace(contact, no=(await new_numbers(world, 1))[0])
    await will_be_known(world, addresses_of(contact))
    added = await world.directory.contacts.add(contact, world.clock())
    await became_known(world, addresses_of(added), announced=True)
    return added


async def change_contact(world: World, contact: Contact, if_match: str | None) -> Contact:
    """Raises Invalid, NotFound, Stale, or Conflict when an address is taken."""
    contact = tidied(contact)
    await check_contact(world, contact)
    before = await world.directory.contacts.get(contact.no)
    check_match(before, if_match)
    await will_be_known(world, addresses_of(contact))
    after = await world.directory.contacts.change(before, replace(contact, no=before.no), world.clock())
    await became_known(world, addresses_of(after), announced=True)
    return after


async def remove_contact(world: World, no: str, if_match: str | None) -> None:
    """Raises NotFound, Stale, or Conflict while the log or an opportunity needs the contact."""
    contact = await world.directory.contacts.get(no)
    check_match(contact, if_match)
    await _refuse_while_used(
        world,
        f"Contact {contact.no}",
        InteractionFilter(contact_no=contact.no),
        OpportunityFilter(contact_no=contact.no),
    )
    if contact.type is ContactType.COMPANY:
        await _refuse_while_used(
            world,
            f"Company {contact.no}",
            InteractionFilter(company_no=contact.no),
            OpportunityFilter(company_no=contact.no),
        )
    await world.directory.contacts.remove(contact)


async def add_salesperson(world: World, salesperson: Salesperson) -> Salesperson:
    """Raises Invalid, or Conflict when the code or an address is taken."""
    salesperson = tidied(salesperson)
    _refuse(faults_of(salesperson), "salesperson")
    await will_be_known(world, addresses_of(salesperson))
    added = await world.directory.salespeople.add(salesperson, world.clock())
    await became_known(world, addresses_of(added), announced=True)
    return added


async def change_salesperson(world: World, salesperson: Salesperson, if_match: str | None) -> Salesperson:
    """Raises Invalid, NotFound, Stale, or Conflict when an address is taken."""
    salesperson = tidied(salesperson)
    _refuse(faults_of(salesperson), "salesperson")
    before = await world.directory.salespeople.get(salesperson.code)
    check_match(before, if_match)
    await will_be_known(world, addresses_of(salesperson))
    after = await world.directory.salespeople.change(before, replace(salesperson, code=before.code), world.clock())
    await became_known(world, addresses_of(after), announced=True)
    return after


async def remove_salesperson(world: World, code: str, if_match: str | None) -> None:
    """Raises NotFound, Stale, or Conflict while the log or an opportunity needs the salesperson."""
    salesperson = await world.directory.salespeople.get(code)
    check_match(salesperson, if_match)
    await _refuse_while_used(
        world,
        f"Salesperson {salesperson.code}",
        InteractionFilter(salesperson_code=salesperson.code),
        OpportunityFilter(salesperson_code=salesperson.code),
    )
    await world.directory.salespeople.remove(salesperson)


async def check_contact(world: World, contact: Contact) -> None:
    """Raises Invalid when the contact is not valid in itself, or names a company or salesperson that is not there."""
    faults = faults_of(contact)
    if contact.company_no and "companyNo" not in faults:
        company = await world.directory.contacts.find(contact.company_no)
        if company is None or company.type is not ContactType.COMPANY:
            faults["companyNo"] = f"There is no company {contact.company_no}."
    if contact.salesperson_code and await world.directory.salespeople.find(contact.salesperson_code) is None:
        faults["salespersonCode"] = f"There is no salesperson {contact.salesperson_code}."
    _refuse(faults, "contact")


async def new_numbers(world: World, count: int) -> list[str]:
    """Numbers for contacts that come without one, passing over those that people have chosen by hand."""
    numbers: list[str] = []
    while len(numbers) < count:
        some = await world.numbers.take(CONTACT_SERIES, count - len(numbers))
        chosen = await world.directory.contacts.find_all(some)
        numbers += [number for number in some if number not in chosen]
    return numbers


def _refuse(faults: dict[str, str], what: str) -> None:
    if faults:
        raise Invalid(f"The {what} is not valid.", faults)


async def _refuse_while_used(world: World, who: str, entries: InteractionFilter, wanted: OpportunityFilter) -> None:
    for canceled in (False, True):
        page = await world.interactions.page(replace(entries, canceled=canceled), None, None, None, 1)
        if page.items or page.next:
            raise Conflict(f"{who} has entries in the interaction log and cannot be deleted.")
    opportunities = await world.opportunities.page(wanted, None, 1)
    if opportunities.items:
        raise Conflict(f"{who} has opportunities, such as {opportunities.items[0].no}, and cannot be deleted.")
