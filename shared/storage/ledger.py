"""The message ledger.

`messages` holds a row for each item, the plan, in partitions by mailbox and day of arrival, so that what arrives
together is written together. `messageclaims` holds a row for each mail that names the item that owns it, in the
partition of its Internet Message-ID, where a forged one is seen at once. `messagelists` holds the lists by outcome
that people read, and the list of the unfinished.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.errors import NotFound, Stale
from shared.mail.decision import Claim
from shared.mail.ledger import HeldAddress, LedgerRow
from shared.mail.message import Message
from shared.mail.message_key import item_key, mail_key, message_id_key
from shared.mail.outcome import Outcome
from shared.paging import Page, Place
from shared.storage.columns import from_columns, to_columns
from shared.storage.held import HeldMessages
from shared.storage.keys import list_key, month_bucket, newest_first, time_bounds
from shared.storage.lists import Lists
from shared.storage.tables import Row, Tables
from shared.together import together

TABLE = "messages"
CLAIMS = "messageclaims"
LISTS = "messagelists"
REMEMBERED = 20_000
"""Finished items that a worker remembers: more than come into a mailbox while Archive is looked through again."""
_FIRST = "first"
"""Row of a Message-ID's partition that says which mail had it first."""


class LedgerStore:
    """Implements `ports.Ledger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lists = Lists(tables, LISTS)
        self._held = HeldMessages(tables)
        self._known: dict[tuple[str, str], None] = {}

    async def claim(self, messages: Sequence[Message]) -> dict[str, Claim]:
        """Claims each message's mail for its item, and says by item id who owns it."""
        same_id: defaultdict[str, list[Message]] = defaultdict(list)
        for message in messages:
            same_id[message_id_key(message)].append(message)
        claims = await together(self._claim_in_turn(alike) for alike in same_id.values())
        return {item_id: claim for claimed in claims for item_id, claim in claimed.items()}

    async def begin(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Writes the plans; the answer has, for each item, the plan that counts: the one that was there first."""
        await self._tables.insert_all(LISTS, (_unfinished(row) for row in rows))
        existing = await self._tables.insert_all(TABLE, (_row(row) for row in rows))
        stored = await self._tables.get_all(TABLE, existing)
        return [from_columns(LedgerRow, stored[_key(row.id)]) if _key(row.id) in stored else row for row in rows]

    async def publish(self, rows: Sequence[LedgerRow]) -> None:
        """Puts plans in the lists that people read, and held ones where their addresses lead to them."""
        await self._lists.put(copy for row in rows for copy in _copies(replace(row, finished=True)))
        before = [_as_it_was(row, row.was) for row in rows if row.was]
        now = {_place(copy) for row in rows for copy in _copies(row)}
        await self._lists.remove(copy for row in before for copy in _copies(row) if _place(copy) not in now)
        if held := [row for row in rows if row.decision.outcome is Outcome.UNMATCHED]:
            await self._held.add(held)
        if freed := [row for row in before if row.decision.outcome is Outcome.UNMATCHED and row not in held]:
            await self._held.remove(freed)

    async def finish(self, rows: Sequence[LedgerRow]) -> None:
        """Marks plans as carried out."""
        await self._tables.put_all(TABLE, (_row(replace(row, finished=True)) for row in rows))
        await self._tables.delete_all(LISTS, (_place(_unfinished(row)) for row in rows))
        self._remember(_key(row.id) for row in rows)

    async def unknown(self, messages: Sequence[Message]) -> list[Message]:
        """Those of the messages that have no plan. What this worker has seen is remembered, up to a number."""
        # A message that could not be read at first has its plan under no day.
        keys = {m: [_key(item_key(m.mailbox, m.item_id, day)) for day in (m.received_at, None)] for m in messages}
        known = self._known.keys()
        unseen = [key for both in keys.values() if known.isdisjoint(both) for key in both]
        self._remember(await self._tables.get_all(TABLE, unseen))
        return [message for message, both in keys.items() if known.isdisjoint(both)]

    async def reopen(self, row: LedgerRow) -> LedgerRow | None:
        """Puts a new plan in place of a finished one; it is then unfinished. None when somebody else was quicker."""
        await self._tables.put(LISTS, _unfinished(row))
        try:
            return replace(row, etag=await self._tables.replace(TABLE, _row(row), row.etag))
        except Stale:
            return None

    async def held(self, mailbox: str, address: str) -> list[LedgerRow]:
        """Held messages of a mailbox in which the address is."""
        stored = await self._tables.get_all(TABLE, map(_key, await self._held.ids(mailbox, address)))
        rows = [from_columns(LedgerRow, row) for row in stored.values()]
        return [row for row in rows if row.decision.outcome is Outcome.UNMATCHED]

    async def held_among(self, addresses: Collection[str]) -> list[str]:
        """Those of the addresses that are in held messages."""
        return await self._held.among(addresses)

    async def held_addresses(self) -> list[HeldAddress]:
        """Every address that is in held messages."""
        return await self._held.addresses()

    async def request_rematch(self, mailbox: str, addresses: Iterable[str]) -> None:
        """Notes that held messages of these addresses are to be matched again."""
        await self._held.request(mailbox, addresses)

    async def rematch_requests(self, mailbox: str) -> list[str]:
        """The addresses that were noted, up to 1000."""
        return await self._held.requests(mailbox)

    async def drop_rematch_request(self, mailbox: str, address: str) -> None:
        """Takes a note away."""
        await self._held.drop_request(mailbox, address)

    async def unfinished(self, mailbox: str, limit: int) -> list[LedgerRow]:
        """Plans of the mailbox that were begun and not finished, oldest first."""
        listed = await self._tables.range(LISTS, _unfinished_list(mailbox), limit=limit)
        keys = {_key(entry["id"]): entry for entry in listed}
        stored = await self._tables.get_all(TABLE, keys)
        rows = [from_columns(LedgerRow, row) for row in stored.values()]
        # A crash can leave a listing without a plan (it never began) or beside a finished one.
        done = [entry for key, entry in keys.items() if key not in stored or stored[key]["finished"]]
        await self._tables.delete_all(LISTS, (_place(entry) for entry in done))
        return [row for row in rows if not row.finished]

    async def count_unfinished(self, mailbox: str) -> int:
        """How many plans of the mailbox are not finished, up to 1000."""
        return len(await self._tables.range(LISTS, _unfinished_list(mailbox)))

    async def change(self, row: LedgerRow) -> LedgerRow:
        """Writes an unfinished plan anew where nobody else has; else answers with theirs."""
        try:
            etag = row.etag or (await self.get(row.id)).etag
            return replace(row, etag=await self._tables.replace(TABLE, _row(row), etag))
        except Stale:
            return await self.get(row.id)

    async def get(self, row_id: str) -> LedgerRow:
        """One row. Raises NotFound."""
        row = await self._tables.get(TABLE, *_key(row_id))
        if row is None:
            raise NotFound("There is no such message in the ledger.")
        return from_columns(LedgerRow, row)

    async def tries(self, row_id: str) -> int:
        """How often handling this item has failed before it had a plan."""
        row = await self._tables.get(TABLE, *_tries_key(row_id))
        return int(row["tries"]) if row else 0

    async def count_try(self, row_id: str) -> int:
        """Counts one more failure of an item, and says how many there are now."""
        partition, key = _tries_key(row_id)
        tries = await self.tries(row_id) + 1
        await self._tables.put(TABLE, {"PartitionKey": partition, "RowKey": key, "tries": tries})
        return tries

    async def page(
        self,
        outcome: Outcome | None,
        address: str,
        since: datetime | None,
        until: datetime | None,
        start: Place | None,
        limit: int,
    ) -> Page[LedgerRow]:
        """Finished rows with `since` <= received < `until`, newest first; `address` is anybody's in the message."""
        name = list_key("outcome", outcome) if outcome else "all"
        bounds = time_bounds(since, until, month_bucket)
        page = await self._lists.page(name, start, limit, keep=_with_address(address), bounds=bounds)
        return Page(tuple(from_columns(LedgerRow, row) for row in page.items), page.next)

    def _remember(self, keys: Iterable[tuple[str, str]]) -> None:
        self._known |= dict.fromkeys(keys)
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    async def _claim_in_turn(self, messages: Sequence[Message]) -> dict[str, Claim]:
        """Of mails with one Message-ID, the one that came first is the one that had it first."""
        return {message.item_id: await self._claim(message) for message in messages}

    async def _claim(self, message: Message) -> Claim:
        partition, mail = message_id_key(message), mail_key(message)
        first = {"PartitionKey": partition, "RowKey": _FIRST, "mail": mail}
        claim = {"PartitionKey": partition, "RowKey": mail, "item_id": message.item_id}
        existing = await self._tables.insert_all(CLAIMS, [first, claim])
        stored = await self._tables.get_all(CLAIMS, existing)
        return Claim(
            owner=stored.get((partition, mail), claim)["item_id"],
            collides=stored.get((partition, _FIRST), first)["mail"] != mail,
        )


def _key(row_id: str) -> tuple[str, str]:
    partition, _, item = row_id.rpartition("-")
    return partition, item


def _tries_key(row_id: str) -> tuple[str, str]:
    partition, item = _key(row_id)
    return partition, f"{item}-tries"


def _row(row: LedgerRow) -> Row:
    partition, item = _key(row.id)
    return {**to_columns(row), "PartitionKey": partition, "RowKey": item}


def _place(row: Row) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def _unfinished_list(mailbox: str) -> str:
    return list_key("unfinished", mailbox)


def _unfinished(row: LedgerRow) -> Row:
    return {"PartitionKey": _unfinished_list(row.message.mailbox), "RowKey": row.id, "id": row.id}


def _copies(row: LedgerRow) -> list[Row]:
    columns = to_columns(row)
    bucket, row_key = month_bucket(row.message.received_at), newest_first(row.message.received_at) + row.id
    return [Lists.row(name, bucket, row_key, columns) for name in ("all", list_key("outcome", row.decision.outcome))]


def _as_it_was(row: LedgerRow, outcome: Outcome) -> LedgerRow:
    """As the lists have it from before it was decided anew."""
    message = replace(row.message, received_at=row.was_received_at or row.message.received_at)
    return replace(row, message=message, decision=replace(row.decision, outcome=outcome))


def _with_address(address: str) -> Callable[[Row], bool]:
    return lambda row: not address or address in from_columns(LedgerRow, row).message.addresses
