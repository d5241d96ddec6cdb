"""Contacts and salespeople, each in a list by number, with their claims on addresses."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.errors import Conflict, NotFound, Stale
from shared.mail.matching import Party, PartyKind
from shared.paging import Page, Place
from shared.sales.party import Contact, Salesperson, Saved, addresses_of
from shared.storage.addresses import CLAIM_LASTS, AddressBook, AddressRow
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import number_bucket, number_key
from shared.storage.lists import EVERYTHING, WHOLE, Bounds, Lists
from shared.storage.tables import Row, Tables

LIST = "all"


class People[P: Contact | Salesperson]:
    """One directory. Implements `ports.People`."""

    def __init__(
        self, tables: Tables, directory: "Directory", book: AddressBook, table: str, noun: type[P], kind: PartyKind
    ) -> None:
        self._tables = tables
        self._directory = directory
        self._book = book
        self._table = table
        self._noun: type[P] = noun
        self._kind = kind
        self._called = kind.lower()
        self._lists = Lists(tables, table)

    async def find(self, number: str) -> P | None:
        """One person, or None."""
        row = await self._tables.get(self._table, *self._key(number))
        return from_columns(self._noun, row) if row else None

    async def get(self, number: str) -> P:
        """One person. Raises NotFound."""
        person = await self.find(number)
        if person is None:
            raise NotFound(f"There is no {self._called} {number}.")
        return person

    async def find_all(self, numbers: Iterable[str]) -> dict[str, P]:
        """People by number; those that do not exist are left out."""
        keys = {number: self._key(number) for number in numbers if number}
        rows = await self._tables.get_all(self._table, keys.values())
        return {number: from_columns(self._noun, rows[key]) for number, key in keys.items() if key in rows}

    async def page(self, start: Place | None, limit: int) -> Page[P]:
        """People by number."""
        whole = self._kind is PartyKind.SALESPERSON
        page = await self._lists.page(LIST, start, limit, bounds=Bounds(first=WHOLE) if whole else EVERYTHING)
        return Page(tuple(from_columns(self._noun, row) for row in page.items), page.next)

    async def add(self, person: P, now: datetime) -> P:
        """Writes a new person. Raises Conflict when the number or an address is taken, naming who has it."""
        if await self.find(person.number):
            raise Conflict(f"There is a {self._called} {person.number} already.")
        await self._claim(person, now)
        if await self._lists.insert([self._row(person)]):
            await self._release_unused(person)
            raise Conflict(f"There is a {self._called} {person.number} already.")
        return await self.get(person.number)

    async def change(self, before: P, after: P, now: datetime) -> P:
        """Writes a person who still is as `before`. Raises Stale, or Conflict when an address is taken."""
        await self._claim(after, now, before)
        try:
            await self._tables.replace(self._table, self._row(after), before.etag)
        except Stale:
            await self._release_unused(after)
            raise
        await self._release_unused(before)
        return await self.get(after.number)

    async def remove(self, person: P) -> None:
        """Deletes a person who still is as given, and gives up the addresses. Raises Stale."""
        await self._tables.delete(self._table, *self._key(person.number), etag=person.etag)
        await self._book.release(addresses_of(person), self._kind, person.number)

    async def save_all(self, people: Sequence[P], now: datetime) -> dict[str, Saved | Conflict]:
        """Adds or overwrites many people, grouped as storage likes it, and says by number what became of each.

        The people have different numbers and different addresses.
        """
        before = await self._stored(people)
        results: dict[str, Saved | Conflict] = {
            person.number: Saved.UNCHANGED
            for person in people
            if person.number in before and replace(before[person.number], etag="") == person
        }
        changed = {person.number: person for person in people if person.number not in results}
        for number, conflict in (await self._conflicts(list(changed.values()), before, now)).items():
            results[number] = conflict
            await self._release_unused(changed.pop(number))
        await self._lists.put(map(self._row, changed.values()))
        for number, person in changed.items():
            results[number] = Saved.CHANGED if number in before else Saved.ADDED
            if number in before and (gone := addresses_of(before[number]).keys() - addresses_of(person)):
                await self._book.release(gone, self._kind, number)
        return results

    def _key(self, number: str) -> tuple[str, str]:
        # Salespeople are few, and their codes short: they all stand in one bucket.
        bucket = number_bucket(number) if self._kind is PartyKind.CONTACT else WHOLE
        return f"{LIST}.{bucket}", number_key(number)

    def _row(self, person: Contact | Salesperson) -> Row:
        partition, row = self._key(person.number)
        return {**to_columns(person), "PartitionKey": partition, "RowKey": row}

    async def _stored(self, people: Sequence[P]) -> dict[str, P]:
        """Those of the people who are stored, by number: a bucket at a time, from the first to the last of them."""
        buckets: dict[str, dict[str, str]] = defaultdict(dict)
        for person in people:
            partition, key = self._key(person.number)
            buckets[partition][key] = person.number
        found: dict[str, P] = {}
        for partition, wanted in buckets.items():
            # A key without its last character sorts just before it, and one with a ! just after.
            bounds = {"after": min(wanted)[:-1], "below": f"{max(wanted)}!"}
            async for row in self._tables.partition(self._table, partition, **bounds):
                if number := wanted.get(row["RowKey"]):
                    found[number] = from_columns(self._noun, row)
        return found

    async def _claim(self, person: P, now: datetime, before: P | None = None) -> None:
        conflicts = await self._conflicts([person], {before.number: before} if before else {}, now)
        if conflicts:
            await self._release_unused(person)
            raise conflicts[person.number]

    async def _conflicts(self, people: Sequence[P], before: Mapping[str, P], now: datetime) -> dict[str, Conflict]:
        """Claims the people's addresses, and says by number who cannot have theirs. `before`: people as they stand."""
        claims = {
            address: AddressRow(address, self._kind, person.number, code, now)
            for person in people
            for address, code in addresses_of(person).items()
        }
        had = {address for person in before.values() for address in addresses_of(person)}
        conflicts: dict[str, Conflict] = {}
        for address, taken in (await self._book.claim(claims.values())).items():
            claim = claims[address]
            if taken.holder == claim.holder:
                if address in had:
                    continue
                counts = False  # left of a try that failed, and perhaps of long ago: it has to begin anew
            else:
                counts = now - taken.claimed_at < CLAIM_LASTS or await self._directory.has(taken)
            in_the_way = taken if counts else await self._book.take_over(taken, claim)
            if in_the_way:
                conflicts[claim.number] = Conflict(
                    f"The address {address} belongs to {in_the_way.kind.lower()} {in_the_way.number}."
                )
        return conflicts

    async def _release_unused(self, person: P) -> None:
        """Gives up those of the person's addresses that the stored row, as it is now, does not have."""
        stored = await self.find(person.number)
        unused = addresses_of(person).keys() - (addresses_of(stored) if stored else {})
        await self._book.release(unused, self._kind, person.number)


class Directory:
    """Everybody. Implements `ports.Directory`."""

    def __init__(self, tables: Tables) -> None:
        self._book = AddressBook(tables)
        self.contacts = People(tables, self, self._book, "contacts", Contact, PartyKind.CONTACT)
        self.salespeople = People(tables, self, self._book, "salespeople", Salesperson, PartyKind.SALESPERSON)

    async def parties(self, addresses: Iterable[str]) -> dict[str, Party]:
        """Who has which of the addresses. Those that nobody has are left out."""
        rows = list((await self._book.find(addresses)).values())
        contacts, salespeople = await asyncio.gather(
            self.contacts.find_all(row.number for row in rows if row.kind is PartyKind.CONTACT),
            self.salespeople.find_all(row.number for row in rows if row.kind is PartyKind.SALESPERSON),
        )
        found: dict[str, Party] = {}
        for row in rows:
            person = (contacts if row.kind is PartyKind.CONTACT else salespeople).get(row.number)
            if person and row.address in addresses_of(person):
                found[row.address] = _party(person, row.address)
        return found

    async def has(self, claim: AddressRow) -> bool:
        """Whether the person who claimed an address is there, and has it."""
        return claim.address in await self.parties([claim.address])


def _party(person: Contact | Salesperson, address: str) -> Party:
    code = addresses_of(person)[address]
    if isinstance(person, Contact):
        return Party(PartyKind.CONTACT, person.no, code, person.contact_company_no, person.privacy_blocked)
    return Party(PartyKind.SALESPERSON, person.code, code)
