"""What people ask for is stopped at each of its calls to storage, before it is sent and after it was done.

The next try finishes it, or begins anew; nobody sees half of it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from local.tenant import Tenant
from shared.errors import Conflict, NotFound
from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.import_directory import CONTACTS, begin_import, import_directory
from shared.jobs.keep_directory import add_contact, change_contact, remove_contact
from shared.jobs.ports import World
from shared.sales.interaction import Comment, InteractionFilter
from shared.sales.opportunity import OpportunityFilter
from shared.sales.party import AlternativeAddress, Contact, ContactType, addresses_of
from shared.storage.interactions import InteractionStore
from tests.jobs.company import found_company
from tests.jobs.entries import an_entry
from tests.jobs.stopped_work import NOW, Work, stopped_at_each_call
from tests.wire import Wire


async def test_create_opportunity_makes_exactly_one_wherever_it_was_stopped(
    world: World, watched: World, wire: Wire, tenant: Tenant
) -> None:
    await found_company(world, tenant)
    interactions = world.interactions
    assert isinstance(interactions, InteractionStore)
    remark = Comment("Call in June", NOW, "anna")

    async def work(number: int) -> Work:
        await interactions.write([an_entry(number)])
        await interactions.add_comment(await interactions.get(an_entry(number).id), remark)
        return create_opportunity(watched, an_entry(number).id, OpportunityWish(), None)

    stops = 0
    async for number in stopped_at_each_call(wire, work):
        stops += 1
        # What was begun is finished before whoever comes second is refused.
        refusal = await _refusal(create_opportunity(watched, an_entry(number).id, OpportunityWish(), None))
        entry = await world.interactions.get(an_entry(number).id)
        assert entry.opportunity_no
        assert refusal in ("", f"This entry belongs to opportunity {entry.opportunity_no} already.")
        assert (await world.opportunities.get(entry.opportunity_no)).description == entry.subject
        assert await world.opportunities.comments(entry.opportunity_no) == (remark,)

    assert stops >= 2 * 20, "every call was cut twice"
    made = (await world.opportunities.page(OpportunityFilter(), None, 200)).items
    assert [one.no for one in made] == [f"OP{count:06d}" for count in range(1, len(made) + 1)], "no gaps, no doubles"
    linked = {e.opportunity_no: e.subject for e in (await world.interactions.page(InteractionFilter(), *_ALL)).items}
    assert linked == {one.no: one.description for one in made}
    for wanted in (OpportunityFilter(contact_no="CT000002"), OpportunityFilter(salesperson_code="AK")):
        copies = (await world.opportunities.page(wanted, None, 200)).items
        assert [replace(one, etag="") for one in copies] == [replace(one, etag="") for one in made]
    for filtered in (InteractionFilter(contact_no="CT000002"), InteractionFilter(has_opportunity=True)):
        entries = (await world.interactions.page(filtered, *_ALL)).items
        assert {e.opportunity_no: e.subject for e in entries} == linked


async def test_a_new_contact_that_was_stopped_is_there_with_its_addresses_or_leaves_them_to_others(
    world: World, watched: World, wire: Wire
) -> None:
    async def work(number: int) -> Work:
        return add_contact(watched, _nina(number, "mill", "shop"))

    async for number in stopped_at_each_call(wire, work):
        existed = await world.directory.contacts.find(f"C{number}") is not None
        rival = replace(_nina(number, "shop", "mill"), no=f"RIVAL{number}")
        refusal = await _refusal(add_contact(_later(world), rival))
        assert refusal.endswith(f"belongs to contact C{number}.") if existed else not refusal
        await _every_address_leads_to_who_has_it(world, number)


async def test_a_new_contact_that_was_stopped_can_be_added_again_at_once(
    world: World, watched: World, wire: Wire
) -> None:
    async def work(number: int) -> Work:
        return add_contact(watched, _nina(number, "mill", "shop"))

    async for number in stopped_at_each_call(wire, work):
        existed = await world.directory.contacts.find(f"C{number}") is not None
        refusal = await _refusal(add_contact(watched, _nina(number, "mill", "shop")))
        assert refusal == (f"There is a contact C{number} already." if existed else "")
        await _every_address_leads_to_who_has_it(world, number)
        assert set(await world.directory.parties(addresses_of(_nina(number, "mill", "shop")))) == {
            f"mill{number}@one.example",
            f"shop{number}@one.example",
        }


async def test_a_change_that_was_stopped_is_made_by_the_next_try_and_gives_the_old_address_up(
    world: World, watched: World, wire: Wire
) -> None:
    async def work(number: int) -> Work:
        await add_contact(replace(world, clock=lambda: NOW), _nina(number, "mill", "shop"))
        return change_contact(watched, _nina(number, "home", "mill"), None)

    async for number in stopped_at_each_call(wire, work):
        await _every_address_leads_to_who_has_it(world, number)
        await change_contact(watched, _nina(number, "home", "mill"), None)
        rival = replace(_nina(number, "shop"), no=f"RIVAL{number}")
        await add_contact(_later(world), rival)
        assert {address: party.number for address, party in (await _parties(world, number)).items()} == {
            f"mill{number}@one.example": f"C{number}",
            f"home{number}@one.example": f"C{number}",
            f"shop{number}@one.example": f"RIVAL{number}",
        }


async def test_a_contact_whose_deletion_was_stopped_is_there_or_leaves_its_addresses_to_others(
    world: World, watched: World, wire: Wire
) -> None:
    async def work(number: int) -> Work:
        await add_contact(replace(world, clock=lambda: NOW), _nina(number, "mill", "shop"))
        return remove_contact(watched, f"C{number}", None)

    async for number in stopped_at_each_call(wire, work):
        await _every_address_leads_to_who_has_it(world, number)
        try:
            await remove_contact(watched, f"C{number}", None)
        except NotFound:
            assert await _parties(world, number) == {}
        await add_contact(_later(world), replace(_nina(number, "shop", "mill"), no=f"RIVAL{number}"))
        await _every_address_leads_to_who_has_it(world, number)


async def test_importing_a_file_again_writes_no_person_and_no_address(world: World, watched: World, wire: Wire) -> None:
    lines = [f"CT{n:06d},Nina {n},nina{n}@mill.example" for n in range(200)]
    file = "\n".join(["no,name,email", *lines]).encode()
    written: list[int] = []
    for _ in range(2):
        job = await begin_import(world, CONTACTS, file)
        wire.calls.clear()
        await import_directory(watched, job.id)
        # A transaction is sent to $batch, and names its tables inside.
        tables = [f"{call.url.path} {call.body.decode()}" for call in wire.calls if not call.is_read]
        written.append(sum("contacts" in one or "addresses" in one for one in tables))

    assert written[0] > 2
    assert written[1] == 0


_ALL = (None, None, None, 200)


async def _refusal(work: Work) -> str:
    """Why something was refused, or "" when it was done."""
    try:
        await work
    except Conflict as conflict:
        return conflict.message
    return ""


def _nina(number: int, *names: str) -> Contact:
    email, *others = (f"{name}{number}@one.example" for name in names)
    codes = tuple(AlternativeAddress(f"A{index}", address) for index, address in enumerate(others))
    return Contact(f"C{number}", ContactType.PERSON, "Nina", email=email, alternative_addresses=codes)


def _later(world: World) -> World:
    """When a claim without its person counts no more."""
    return replace(world, clock=lambda: NOW + timedelta(seconds=61))


async def _parties(world: World, number: int) -> dict[str, Any]:
    return await world.directory.parties(addresses_of(_nina(number, "mill", "shop", "home")))


async def _every_address_leads_to_who_has_it(world: World, number: int) -> None:
    """Of the two who may be there, neither has an address that does not lead to him, nor one that the other has."""
    people = await world.directory.contacts.find_all([f"C{number}", f"RIVAL{number}"])
    had = {address: person.no for person in people.values() for address in addresses_of(person)}
    assert len(had) == sum(len(addresses_of(person)) for person in people.values())
    assert {address: party.number for address, party in (await _parties(world, number)).items()} == had
