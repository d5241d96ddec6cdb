"""Held messages by address: so that they come back when somebody becomes known.

`heldmessages` holds, for each mailbox and address, the ledger ids of held messages; beside it, for each address that
is in any, how many there are; and the requests to match an address's messages again.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from shared.errors import Stale
from shared.mail.ledger import HeldAddress, HeldMessages, LedgerRow, RematchRequest
from shared.mail.message_key import digest
from shared.mail.outcome import Outcome
from shared.storage.claims import LEDGER
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import ledger_key, list_key
from shared.storage.tables import Row, Tables
from shared.together import together

TABLE = "heldmessages"
_ADDRESSES = "addresses"
AT_A_TIME = 64
"""Held messages that are matched again together."""
_FEW = 50
"""Up to so many addresses are looked up one by one; for more, all held addresses are read."""


class HeldStore:
    """The part of the ledger that knows held messages by address."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._counting = asyncio.Lock()

    async def add(self, rows: Sequence[LedgerRow]) -> None:
        """Lets the addresses of held messages lead to them."""
        await self._tables.put_all(TABLE, [entry for row in rows for entry in _entries(row)])
        await self._count(address for row in rows for address in row.message.addresses)

    async def remove(self, rows: Sequence[LedgerRow]) -> None:
        """Forgets messages that are held no more."""
        keys = [(entry["PartitionKey"], entry["RowKey"]) for row in rows for entry in _entries(row)]
        await self._tables.delete_all(TABLE, keys)
        await self._count(address for row in rows for address in row.message.addresses)

    async def rows(self, mailbox: str, request: RematchRequest) -> AsyncIterator[HeldMessages]:
        """Held messages of a mailbox in which the request's address is, some at a time, from where it is by now."""
        prefix = digest(mailbox, length=8)
        after, below = request.after or prefix, f"{prefix}~"
        while found := await self._tables.range(
            TABLE, list_key("held", request.address), after=after, below=below, limit=AT_A_TIME
        ):
            after = found[-1]["RowKey"]
            stored = await self._tables.get_all(LEDGER, [ledger_key(entry["RowKey"]) for entry in found])
            rows = (from_columns(LedgerRow, row) for row in stored.values())
            yield HeldMessages(tuple(row for row in rows if row.decision.outcome is Outcome.UNMATCHED), after)

    async def among(self, addresses: Collection[str]) -> list[str]:
        """Those of the addresses that are in held messages."""
        if len(addresses) > _FEW:
            every = self._tables.partition(TABLE, _ADDRESSES)
            return [row["address"] async for row in every if row["address"] in addresses]
        rows = await self._tables.get_all(TABLE, [(_ADDRESSES, digest(address)) for address in addresses])
        return [row["address"] for row in rows.values()]

    async def addresses(self) -> list[HeldAddress]:
        """Every address that is in held messages, and in how many (up to 1000)."""
        rows = self._tables.partition(TABLE, _ADDRESSES)
        return [from_columns(HeldAddress, row) async for row in rows if row["count"]]

    async def request(self, mailbox: str, addresses: Iterable[str], keep_until: datetime) -> None:
        """Notes that held messages of these addresses are to be matched again, at least until then."""
        await self._tables.put_all(TABLE, [_request(mailbox, RematchRequest(a, keep_until)) for a in addresses])

    async def note(self, mailbox: str, request: RematchRequest) -> None:
        """Notes how far a request has come, unless it was made again meanwhile."""
        with suppress(Stale):
            await self._tables.replace(TABLE, _request(mailbox, request), request.etag)

    async def requests(self, mailbox: str) -> list[RematchRequest]:
        """The notes, up to 1000."""
        rows = await self._tables.range(TABLE, list_key("rematch", mailbox))
        return [from_columns(RematchRequest, row) for row in rows]

    async def drop_request(self, mailbox: str, request: RematchRequest) -> None:
        """Takes a note away, unless it was made again meanwhile."""
        with suppress(Stale):
            await self._tables.delete(TABLE, list_key("rematch", mailbox), digest(request.address), etag=request.etag)

    async def _count(self, addresses: Iterable[str]) -> None:
        """Counts what is there, instead of adding and subtracting: so a crash or a repeat cannot make it wrong.

        A row with no messages stays: whoever adds one just now on another instance may have counted before us, and
        `among` must find the address.
        """
        wanted = list(dict.fromkeys(addresses))
        async with self._counting:  # else a count could be written after a later one
            held = await together(self._tables.range(TABLE, list_key("held", address)) for address in wanted)
            counts = [HeldAddress(address, len(rows)) for address, rows in zip(wanted, held, strict=True)]
            rows = [{**to_columns(one), "PartitionKey": _ADDRESSES, "RowKey": digest(one.address)} for one in counts]
            await self._tables.put_all(TABLE, rows)


def _entries(row: LedgerRow) -> list[Row]:
    return [{"PartitionKey": list_key("held", address), "RowKey": row.id} for address in row.message.addresses]


def _request(mailbox: str, request: RematchRequest) -> Row:
    key = {"PartitionKey": list_key("rematch", mailbox), "RowKey": digest(request.address)}
    return {**to_columns(request), **key}
