"""The address book: a row for each address, claimed by inserting it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.mail.matching import PartyKind
from shared.storage.addresses import AddressBook, AddressRow
from shared.storage.tables import Tables

MILL, SHOP = "nina@mill.example", "nina@shop.example"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
NINA = AddressRow(MILL, PartyKind.CONTACT, "C1", "", NOW)


@pytest.fixture
def book(tables: Tables) -> AddressBook:
    return AddressBook(tables)


async def holders(book: AddressBook, *addresses: str) -> dict[str, tuple[PartyKind, str]]:
    return {address: row.holder for address, row in (await book.find(addresses)).items()}


async def test_a_claim_is_found_as_it_was_made(book: AddressBook) -> None:
    home = replace(NINA, address=SHOP, code="HOME")

    assert await book.claim([NINA, home]) == {}

    found = await book.find([MILL, SHOP, "nobody@mill.example"])
    assert {a: replace(row, etag="") for a, row in found.items()} == {MILL: NINA, SHOP: home}


async def test_a_claim_on_what_is_claimed_answers_with_the_row_that_is_there(book: AddressBook) -> None:
    await book.claim([NINA])

    other = AddressRow(MILL, PartyKind.SALESPERSON, "S1", "", NOW)
    taken = await book.claim([other, replace(other, address=SHOP)])

    assert {address: row.holder for address, row in taken.items()} == {MILL: (PartyKind.CONTACT, "C1")}
    assert await holders(book, MILL, SHOP) == {MILL: (PartyKind.CONTACT, "C1"), SHOP: (PartyKind.SALESPERSON, "S1")}


async def test_of_many_who_claim_an_address_at_the_same_moment_one_has_it(book: AddressBook) -> None:
    claims = [replace(NINA, number=f"C{number}") for number in range(10)]

    answers = await asyncio.gather(*(book.claim([claim]) for claim in claims))

    winners = [claim.number for claim, taken in zip(claims, answers, strict=True) if not taken]
    assert len(winners) == 1
    assert {taken[MILL].number for taken in answers if taken} == set(winners)


async def test_a_claim_is_taken_over_by_one_and_the_others_learn_by_whom(book: AddressBook) -> None:
    await book.claim([NINA])
    old = (await book.find([MILL]))[MILL]
    later = [replace(NINA, number=f"C{number}", claimed_at=NOW + timedelta(minutes=2)) for number in range(2, 6)]

    in_the_way = await asyncio.gather(*(book.take_over(old, one) for one in later))

    winners = [one.number for one, row in zip(later, in_the_way, strict=True) if row is None]
    assert len(winners) == 1
    assert {row.number for row in in_the_way if row} == set(winners)
    assert await holders(book, MILL) == {MILL: (PartyKind.CONTACT, winners[0])}


async def test_only_who_has_an_address_gives_it_up(book: AddressBook) -> None:
    await book.claim([NINA, replace(NINA, address=SHOP, number="C2")])

    await book.release([MILL, SHOP, "nobody@mill.example"], PartyKind.SALESPERSON, "C1")
    assert set(await holders(book, MILL, SHOP)) == {MILL, SHOP}

    await book.release([MILL, SHOP], PartyKind.CONTACT, "c1")
    assert set(await holders(book, MILL, SHOP)) == {SHOP}
    await book.release([MILL], PartyKind.CONTACT, "C1")


async def test_hundreds_of_claims_at_once(book: AddressBook) -> None:
    rows = [replace(NINA, address=f"nina{number}@mill.example", number=f"C{number}") for number in range(300)]
    await book.claim(rows[:1])

    taken = await book.claim([replace(row, number=f"{row.number}0") for row in rows])

    assert list(taken) == ["nina0@mill.example"]
    assert len(await book.find(row.address for row in rows)) == 300
