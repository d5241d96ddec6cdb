"""Contacts and salespeople, against real storage: an address belongs to one of them, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables.aio import TableServiceClient

from shared.errors import Conflict, Invalid, NotFound, ProductError, Stale
from shared.jobs.keep_directory import (
    add_contact,
    add_salesperson,
    change_contact,
    change_salesperson,
    remove_contact,
    remove_salesperson,
)
from shared.jobs.ports import World
from shared.mail.matching import Party, PartyKind
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import History
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson
from shared.storage.addresses import AddressBook, AddressRow
from shared.storage.tables import Tables
from tests.jobs.entries import an_entry

MILL, SHOP, HOME = "nina@mill.example", "nina@shop.example", "nina@home.example"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ROUNDS = 10


@pytest.fixture
async def book(storage: str) -> AsyncIterator[AddressBook]:
    """The address rows by themselves, as somebody leaves them who stops half-way."""
    async with TableServiceClient.from_connection_string(storage) as service:
        yield AddressBook(Tables(service))


def nina(no: str = "C1", email: str = MILL, *alternatives: str) -> Contact:
    codes = [AlternativeAddress(f"A{number}", address) for number, address in enumerate(alternatives)]
    return Contact(no, ContactType.PERSON, "Nina Moller", email=email, alternative_addresses=tuple(codes))


@pytest.mark.parametrize("has_it", ["contact", "salesperson"])
@pytest.mark.parametrize("as_alternative", [False, True])
@pytest.mark.parametrize("wants_it", ["contact", "salesperson"])
async def test_an_address_that_somebody_has_is_refused_and_says_whose_it_is(
    world: World, has_it: str, as_alternative: bool, wants_it: str
) -> None:
    email, alternatives = (HOME, nina("C1", "", MILL).alternative_addresses) if as_alternative else (MILL, ())
    if has_it == "contact":
        await add_contact(world, replace(nina("C1", email), alternative_addresses=alternatives))
    else:
        await add_salesperson(world, Salesperson("C1", "Nina", email, alternatives))

    wanted = (
        add_contact(world, nina("C2", SHOP, MILL.upper()))
        if wants_it == "contact"
        else add_salesperson(world, Salesperson("C2", "Other", f" {MILL} "))
    )
    with pytest.raises(Conflict, match=f"{MILL} belongs to {has_it} C1"):
        await wanted

    parties = await world.directory.parties([MILL, SHOP])
    assert {address: party.number for address, party in parties.items()} == {MILL: "C1"}
    assert (await add_contact(world, nina("C3", SHOP))).email == SHOP, "nothing of the refused one is left"


async def test_an_address_that_a_change_would_take_is_refused_and_nothing_is_changed(world: World) -> None:
    await add_contact(world, nina("C1", MILL))
    before = await add_contact(world, nina("C2", SHOP))

    with pytest.raises(Conflict, match=f"{MILL} belongs to contact C1"):
        await change_contact(world, nina("C2", HOME, MILL), None)

    assert await world.directory.contacts.get("C2") == before
    assert (await add_contact(world, nina("C3", HOME))).email == HOME


async def test_an_address_that_was_given_up_can_be_had_by_somebody_else(world: World) -> None:
    await add_contact(world, nina("C1", MILL, SHOP))
    await change_contact(world, nina("C1", HOME, MILL), None)

    await add_salesperson(world, Salesperson("S1", "Sam", SHOP))

    assert await world.directory.parties([MILL, SHOP, HOME]) == {
        HOME: Party(PartyKind.CONTACT, "C1", ""),
        MILL: Party(PartyKind.CONTACT, "C1", "A0"),
        SHOP: Party(PartyKind.SALESPERSON, "S1", ""),
    }
    await change_salesperson(world, Salesperson("S1", "Sam"), None)
    assert SHOP not in await world.directory.parties([SHOP])


async def test_who_is_deleted_gives_up_every_address(world: World) -> None:
    await add_contact(world, nina("C1", MILL, SHOP))
    await add_salesperson(world, Salesperson("S1", "Sam", HOME))

    await remove_contact(world, "C1", None)
    await remove_salesperson(world, "s1", None)

    assert await world.directory.parties([MILL, SHOP, HOME]) == {}
    await add_contact(world, nina("C2", HOME, MILL, SHOP))
    for number in ("C1", "S1"):
        with pytest.raises(NotFound, match=f"There is no contact {number}"):
            await world.directory.contacts.get(number)


async def test_a_person_whom_the_log_or_an_opportunity_needs_is_not_deleted(world: World) -> None:
    await add_salesperson(world, Salesperson("AK", "Anna"))
    await add_salesperson(world, Salesperson("BW", "Ben"))
    await add_contact(world, Contact("CT000001", ContactType.COMPANY, "Glen Corran"))
    await add_contact(world, Contact("CT000002", ContactType.PERSON, "Carl", "CT000001"))
    await add_contact(world, nina("C3"))
    await world.interactions.write([an_entry(), an_entry(2, canceled=True, contact_no="C3", company_no="")])
    wanted = Opportunity("", "Lamps", "C3", "", "BW", "STANDARD", NOW.date())
    await world.opportunities.add(History(wanted))

    refusals: list[str] = []
    for number in ("CT000001", "CT000002", "C3"):
        refusals += await _refused([remove_contact(world, number, None)])
    for code in ("AK", "BW"):
        refusals += await _refused([remove_salesperson(world, code, None)])

    assert refusals == [
        "Company CT000001 has entries in the interaction log and cannot be deleted.",
        "Contact CT000002 has entries in the interaction log and cannot be deleted.",
        "Contact C3 has entries in the interaction log and cannot be deleted.",
        "Salesperson AK has entries in the interaction log and cannot be deleted.",
        "Salesperson BW has opportunities, such as OP000001, and cannot be deleted.",
    ]


async def test_two_new_contacts_cannot_have_one_address_also_at_the_same_moment(world: World) -> None:
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        results = await asyncio.gather(
            add_contact(world, nina(f"A{number}", address)),
            add_contact(world, nina(f"B{number}", address)),
            return_exceptions=True,
        )
        await _exactly_one_has(world, address, results)


async def test_a_new_contact_and_a_new_salesperson_cannot_have_one_address_at_the_same_moment(world: World) -> None:
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        results = await asyncio.gather(
            add_contact(world, nina(f"A{number}", address)),
            add_salesperson(world, Salesperson(f"B{number}", "Sam", address)),
            return_exceptions=True,
        )
        await _exactly_one_has(world, address, results)


async def test_two_who_change_to_one_address_at_the_same_moment_cannot_both_have_it(world: World) -> None:
    await asyncio.gather(add_contact(world, nina("A", "")), add_contact(world, nina("B", "")))
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        results = await asyncio.gather(
            change_contact(world, nina("A", address), None),
            change_contact(world, nina("B", address), None),
            return_exceptions=True,
        )
        await _exactly_one_has(world, address, results)


async def test_two_who_want_each_others_addresses_never_both_get_them(world: World) -> None:
    for number in range(ROUNDS):
        mill, shop = f"{number}@mill.example", f"{number}@shop.example"
        results = await asyncio.gather(
            add_contact(world, nina(f"A{number}", mill, shop)),
            add_contact(world, nina(f"B{number}", shop, mill)),
            return_exceptions=True,
        )
        winners = [result.no for result in results if isinstance(result, Contact)]
        holders = {party.number for party in (await world.directory.parties([mill, shop])).values()}
        assert holders == set(winners)
        assert len(winners) <= 1
        assert all(isinstance(result, Contact | Conflict) for result in results)


async def test_two_new_contacts_cannot_have_one_number_at_the_same_moment(world: World) -> None:
    for number in range(ROUNDS):
        first, second = f"{number}@mill.example", f"{number}@shop.example"
        results = await asyncio.gather(
            add_contact(world, nina(f"C{number}", first)),
            add_contact(world, nina(f"c{number}", second)),
            return_exceptions=True,
        )
        winners = [result for result in results if isinstance(result, Contact)]
        assert len(winners) == 1
        assert (await world.directory.contacts.get(f"C{number}")).email == winners[0].email
        assert set(await world.directory.parties([first, second])) == {winners[0].email}


async def test_contacts_without_a_number_get_the_next_ones_passing_over_those_that_people_chose(world: World) -> None:
    await add_contact(world, nina("CT000002", MILL))

    numbers = [(await add_contact(world, nina("", f"{n}@shop.example"))).no for n in range(3)]

    assert numbers == ["CT000001", "CT000003", "CT000004"]


async def test_a_claim_without_its_person_counts_for_a_minute_and_then_anybody_may_have_the_address(
    world: World, book: AddressBook
) -> None:
    await book.claim([AddressRow(MILL, PartyKind.CONTACT, "DIED", "", NOW)])

    for seconds in (0, 59):
        with pytest.raises(Conflict, match=f"{MILL} belongs to contact DIED"):
            await add_contact(_at(world, seconds), nina("C1", MILL))
    assert await world.directory.parties([MILL]) == {}
    await add_contact(_at(world, 60), nina("C1", MILL))

    assert (await world.directory.parties([MILL]))[MILL].number == "C1"


async def test_an_old_claim_of_somebody_who_lives_is_not_taken_over(world: World, book: AddressBook) -> None:
    await add_contact(_at(world, 0), nina("C1", MILL))

    with pytest.raises(Conflict, match="belongs to contact C1"):
        await add_contact(_at(world, 365 * 24 * 3600), nina("C2", MILL))

    assert (await book.find([MILL]))[MILL].number == "C1"


async def test_only_one_takes_over_a_claim_that_counts_no_more(world: World, book: AddressBook) -> None:
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        await book.claim([AddressRow(address, PartyKind.SALESPERSON, "DIED", "", NOW)])
        results = await asyncio.gather(
            add_contact(_at(world, 61), nina(f"A{number}", address)),
            add_contact(_at(world, 61), nina(f"B{number}", address)),
            return_exceptions=True,
        )
        await _exactly_one_has(world, address, results)


async def test_who_tries_again_after_a_crash_cannot_share_the_address_with_who_takes_the_claim_over(
    world: World, book: AddressBook
) -> None:
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        await book.claim([AddressRow(address, PartyKind.CONTACT, f"A{number}", "", NOW)])
        results = await asyncio.gather(
            add_contact(_at(world, 61), nina(f"A{number}", address)),
            add_contact(_at(world, 61), nina(f"B{number}", address)),
            return_exceptions=True,
        )
        await _exactly_one_has(world, address, results)


async def test_who_gives_an_address_up_does_not_take_it_from_who_gets_it_at_the_same_moment(world: World) -> None:
    for number in range(ROUNDS):
        address = f"one{number}@mill.example"
        await add_contact(_at(world, 0), nina(f"A{number}", address))
        _, got = await asyncio.gather(
            change_contact(_at(world, 61), nina(f"A{number}", ""), None),
            add_contact(_at(world, 61), nina(f"B{number}", address)),
            return_exceptions=True,
        )
        holders = {party.number for party in (await world.directory.parties([address])).values()}
        assert holders == ({f"B{number}"} if isinstance(got, Contact) else set())


async def test_a_change_of_what_somebody_else_changed_is_refused(world: World) -> None:
    first = await add_contact(world, nina("C1", MILL))
    await change_contact(world, nina("C1", SHOP), None)

    with pytest.raises(Stale):
        await world.directory.contacts.change(first, nina("C1", HOME), NOW)

    assert set(await world.directory.parties([MILL, SHOP, HOME])) == {SHOP}


@pytest.mark.parametrize(
    ("contact", "field", "message"),
    [
        (nina("C 1"), "no", "Use 1 to 50 letters"),
        (nina("C1", "no address"), "email", "is not an e-mail address"),
        (replace(nina(), name="  "), "name", "Give a name"),
        (nina("C1", MILL, MILL.upper()), "alternativeAddresses", "given twice"),
        (replace(nina(), company_no="NONE"), "companyNo", "There is no company NONE"),
        (replace(nina(), company_no="PERSON"), "companyNo", "There is no company PERSON"),
        (replace(nina(), salesperson_code="NONE"), "salespersonCode", "There is no salesperson NONE"),
    ],
)
async def test_what_is_wrong_with_a_contact_is_said_by_field_and_nothing_is_kept(
    world: World, contact: Contact, field: str, message: str
) -> None:
    await add_contact(world, nina("PERSON", ""))

    with pytest.raises(Invalid) as refusal:
        await add_contact(world, contact)

    assert list(refusal.value.fields) == [field]
    assert message in refusal.value.fields[field]
    assert await world.directory.parties([MILL]) == {}


async def _exactly_one_has(world: World, address: str, results: Sequence[object]) -> None:
    """One of two got the address; the other was told that it is taken, and by whom."""
    winners = [result for result in results if isinstance(result, Contact | Salesperson)]
    assert len(winners) == 1, results
    (refusal,) = [result for result in results if isinstance(result, Conflict)]
    assert refusal.message.endswith(f" {winners[0].number}.")
    assert (await world.directory.parties([address]))[address].number == winners[0].number


async def _refused(works: Sequence[object]) -> list[str]:
    results = await asyncio.gather(*works, return_exceptions=True)  # type: ignore[call-overload]
    return [result.message for result in results if isinstance(result, ProductError)]


def _at(world: World, seconds: float) -> World:
    """The world, so many seconds after the beginning."""
    return replace(world, clock=lambda: NOW + timedelta(seconds=seconds))
