"""Whose address it is. One row for each address, claimed by inserting it: so no two people can have the same.

The person's own row is the truth; an address row only leads to it. One that leads to nobody who has the address (its
writer died between the two) counts for a while, then anybody may take it over.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import Stale
from shared.mail.matching import PartyKind
from shared.mail.message_key import digest
from shared.storage.columns import from_columns, to_columns
from shared.storage.tables import Row, Tables
from shared.together import together

TABLE = "addresses"
CLAIM_LASTS = timedelta(seconds=60)
"""How long a claim without its person counts: longer than any request that makes a person lasts."""


@dataclass(frozen=True, slots=True)
class AddressRow:
    """Who claimed an address, and when."""

    address: str
    kind: PartyKind
    number: str
    code: str
    claimed_at: datetime
    etag: str = ""

    @property
    def holder(self) -> tuple[PartyKind, str]:
        """Whose it is; numbers are the same whatever their case."""
        return self.kind, self.number.upper()


class AddressBook:
    """The address rows."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, addresses: Iterable[str]) -> dict[str, AddressRow]:
        """Rows of those addresses that anybody has claimed."""
        rows = await self._tables.get_all(TABLE, map(_key, addresses))
        found = [from_columns(AddressRow, row) for row in rows.values()]
        return {row.address: row for row in found}

    async def claim(self, rows: Iterable[AddressRow]) -> dict[str, AddressRow]:
        """Claims addresses, and answers with the rows that were there already; those are left alone."""
        wanted = {row.address: row for row in rows}
        there: dict[str, AddressRow] = {}
        while wanted:
            claimed = await self._tables.insert_all(TABLE, map(_row, wanted.values()))
            refused = {address: row for address, row in wanted.items() if _key(address) not in claimed}
            there |= await self.find(refused)
            # What was there and is given up by now is claimed once more.
            wanted = {address: row for address, row in refused.items() if address not in there}
        return there

    async def take_over(self, old: AddressRow, new: AddressRow) -> AddressRow | None:
        """Takes a claim that counts no more. None when that went well; else the row of whoever was quicker."""
        try:
            await self._tables.replace(TABLE, _row(new), old.etag)
        except Stale:
            return (await self.find([old.address])).get(old.address, old)
        return None

    async def release(self, addresses: Iterable[str], kind: PartyKind, number: str) -> None:
        """Gives up addresses, where they are this person's still."""
        found = await self.find(addresses)
        mine = [row for row in found.values() if row.holder == (kind, number.upper())]
        await together(self._drop(row) for row in mine)

    async def _drop(self, row: AddressRow) -> None:
        with suppress(Stale):  # somebody else has it now
            await self._tables.delete(TABLE, *_key(row.address), etag=row.etag)


def _key(address: str) -> tuple[str, str]:
    key = digest(address)
    return key[:2], key


def _row(row: AddressRow) -> Row:
    partition, key = _key(row.address)
    return {**to_columns(row), "PartitionKey": partition, "RowKey": key}
