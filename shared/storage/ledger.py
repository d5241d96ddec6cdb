"""The message ledger.

`messages` holds a row for each item, the plan, in partitions by mailbox and day of arrival, so that what arrives
together is written together. `messagelists` holds the lists by outcome that people read, and the list of the open:
plans that are not carried out to the last step. Claims on mails and held messages stand in tables of their own.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import NotFound, Stale
from shared.mail.decision import Claim
from shared.mail.ledger import HeldAddress, HeldMessages, LedgerRow, RematchRequest, kept
from shared.mail.message import BrokenItem, Message
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.paging import Page, Place
from shared.storage.claims import LEDGER, Claims
from shared.storage.columns import from_columns, to_columns
from shared.storage.held import HeldStore
from shared.storage.keys import ledger_key, list_key, month_bucket, newest_first, time_bounds
from shared.storage.lists import Lists
from shared.storage.tables import Row, Tables

LISTS = "messagelists"
REMEMBERED = 20_000
"""Items that a worker remembers: more than come into a mailbox while Archive is looked through again."""
TRIES_APART = timedelta(seconds=30)
"""How long after a failure the next one counts: notifications may start runs by the second, and trouble passes."""
LISTED_FIRST = timedelta(hours=1)
"""How long a plan may be listed as open before it is written: far longer than any worker stands between the two."""


class LedgerStore:
    """Implements `ports.Ledger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lists = Lists(tables, LISTS)
        self._claims = Claims(tables)
        self._held = HeldStore(tables)
        self._known: dict[tuple[str, str], Outcome] = {}

    async def claim(self, messages: Sequence[Message], now: datetime) -> dict[str, Claim]:
        """Claims each message's mail for its item, and says by item id who owns it."""
        return await self._claims.claim(messages, now)

    async def begin(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Writes the plans; the answer has, for each item, the plan that counts: the one that was there first."""
        await self._tables.insert_all(LISTS, map(_open, rows))
        etags = await self._tables.insert_all(LEDGER, map(_row, rows))
        stored = await self._tables.get_all(LEDGER, {ledger_key(row.id) for row in rows} - etags.keys())
        theirs = {key: from_columns(LedgerRow, row) for key, row in stored.items()}
        refused = [row for row in rows if (key := ledger_key(row.id)) in theirs and not _same_plan(row, theirs[key])]
        await self._tables.delete_all(LISTS, (_place(_open(row)) for row in refused))
        return [replace(row, etag=etags[key]) if (key := ledger_key(row.id)) in etags else theirs[key] for row in rows]

    async def finish(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Marks plans as carried out, and answers with them; those that somebody changed meanwhile are left out."""
        finished = {ledger_key(row.id): replace(row, finished=True) for row in rows}
        written = await self._tables.replace_all(LEDGER, map(_row_as_read, finished.values()))
        lost = await self._tables.get_all(LEDGER, finished.keys() - written.keys())
        # The answer to a write can be lost; when it is repeated, the row is as it was to become.
        ours = {key for key, row in lost.items() if _same(from_columns(LedgerRow, row), finished[key])}
        self._remember({key: row.decision.outcome for key, row in finished.items()})
        etags = written | {key: str(row["etag"]) for key, row in lost.items() if key in ours}
        return [replace(row, etag=etags[key]) for key, row in finished.items() if key in etags]

    async def publish(self, rows: Sequence[LedgerRow]) -> None:
        """Puts plans in the lists that people read, and held ones where their addresses lead to them."""
        await self._lists.put(copy for row in rows for copy in _copies(row))
        before = [_as_it_was(row, row.was) for row in rows if row.was]
        now = {_place(copy) for row in rows for copy in _copies(row)}
        await self._lists.remove(copy for row in before for copy in _copies(row) if _place(copy) not in now)
        if held := [row for row in rows if row.decision.outcome is Outcome.UNMATCHED]:
            await self._held.add(held)
        ids = {row.id for row in held}
        if freed := [r for r in before if r.decision.outcome is Outcome.UNMATCHED and r.id not in ids]:
            await self._held.remove(freed)

    async def close(self, rows: Sequence[LedgerRow]) -> None:
        """Takes plans from the list of the open, and strips them of what was only needed to publish them."""
        stripped = [(row, replace(row, message=kept(row.message, row.decision.outcome))) for row in rows]
        await self._tables.replace_all(LEDGER, [_row_as_read(less) for row, less in stripped if less != row])
        await self._tables.delete_all(LISTS, (_place(_open(row)) for row in rows))

    async def leave_open(self, rows: Sequence[LedgerRow]) -> None:
        """Puts plans into the list of the open again, also where somebody has closed them."""
        await self._tables.put_all(LISTS, map(_open, rows))

    async def open(self, mailbox: str, now: datetime) -> list[LedgerRow]:
        """Plans of the mailbox that are not closed, oldest first, up to 1000."""
        listed = await self._tables.range(LISTS, _open_list(mailbox))
        stored = await self._tables.get_all(LEDGER, {ledger_key(entry["id"]) for entry in listed})
        plans = {key: from_columns(LedgerRow, row) for key, row in stored.items()}
        rows: dict[str, LedgerRow] = {}
        gone: list[Row] = []
        for entry in listed:
            plan = plans.get(ledger_key(entry["id"]))
            listed_at = datetime.fromisoformat(entry["decided_at"])
            if plan is None or plan.decided_at < listed_at:
                gone += [entry] if now - listed_at > LISTED_FIRST else []  # it is about to begin, or never will
            elif plan.decided_at == listed_at:
                rows[plan.id] = plan
            else:
                gone.append(entry)  # it was decided anew, and whoever carried the old plan out may have published it
                rows |= {plan.id: plan} if plan.finished else {}
        await self._tables.delete_all(LISTS, map(_place, gone))
        return list(rows.values())

    async def known(self, mailbox: str, items: Iterable[Message | BrokenItem]) -> dict[str, Outcome]:
        """What was decided about items, by item id. What this worker has seen is remembered, up to a number."""
        keys = {ledger_key(item_key(mailbox, item.item_id, item.received_at)): item.item_id for item in items}
        known = {key: self._known[key] for key in keys if key in self._known}
        for key, row in (await self._tables.get_all(LEDGER, keys.keys() - known.keys())).items():
            known[key] = from_columns(LedgerRow, row).decision.outcome
        self._remember(known)
        return {keys[key]: outcome for key, outcome in known.items()}

    async def reopen(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Puts new plans in place of finished ones; they are then open. Leaves out those that somebody else changed."""
        await self._tables.put_all(LISTS, map(_open, rows))
        etags = await self._tables.replace_all(LEDGER, map(_row_as_read, rows))
        return [replace(row, etag=etags[key]) for row in rows if (key := ledger_key(row.id)) in etags]

    def held(self, mailbox: str, request: RematchRequest) -> AsyncIterator[HeldMessages]:
        """Held messages of a mailbox in which the request's address is, some at a time, from where it is by now."""
        return self._held.rows(mailbox, request)

    async def held_among(self, addresses: Collection[str]) -> list[str]:
        """Those of the addresses that are in held messages."""
        return await self._held.among(addresses)

    async def held_addresses(self) -> list[HeldAddress]:
        """Every address that is in held messages."""
        return await self._held.addresses()

    async def request_rematch(self, mailbox: str, addresses: Iterable[str], keep_until: datetime) -> None:
        """Notes that held messages of these addresses are to be matched again, at least until then."""
        await self._held.request(mailbox, addresses, keep_until)

    async def note_rematch(self, mailbox: str, request: RematchRequest) -> None:
        """Notes how far a request has come, unless it was made again meanwhile."""
        await self._held.note(mailbox, request)

    async def rematch_requests(self, mailbox: str) -> list[RematchRequest]:
        """The notes, up to 1000."""
        return await self._held.requests(mailbox)

    async def drop_rematch_request(self, mailbox: str, request: RematchRequest) -> None:
        """Takes a note away, unless it was made again meanwhile."""
        await self._held.drop_request(mailbox, request)

    async def count_open(self, mailbox: str) -> int:
        """How many plans of the mailbox are not closed, up to 1000."""
        return len(await self._tables.range(LISTS, _open_list(mailbox)))

    async def change(self, row: LedgerRow) -> LedgerRow:
        """Writes an unfinished plan anew where nobody else has; else answers with theirs."""
        try:
            return replace(row, etag=await self._tables.replace(LEDGER, _row(row), row.etag))
        except Stale:
            return await self.get(row.id)

    async def get(self, row_id: str) -> LedgerRow:
        """One row. Raises NotFound."""
        row = await self._tables.get(LEDGER, *ledger_key(row_id))
        if row is None:
            raise NotFound("There is no such message in the ledger.")
        return from_columns(LedgerRow, row)

    async def count_try(self, row_id: str, now: datetime) -> int:
        """Counts one more failure of an item, if the last was a while ago, and says how many there are now."""
        partition, key = _tries_key(row_id)
        row = await self._tables.get(LEDGER, partition, key)
        if row and now - datetime.fromisoformat(row["tried_at"]) < TRIES_APART:
            return int(row["tries"])
        tries = int(row["tries"]) + 1 if row else 1
        tried = {"tries": tries, "tried_at": now.isoformat()}
        await self._tables.put(LEDGER, {**tried, "PartitionKey": partition, "RowKey": key})
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

    def _remember(self, outcomes: Mapping[tuple[str, str], Outcome]) -> None:
        self._known |= outcomes
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]


def _tries_key(row_id: str) -> tuple[str, str]:
    partition, item = ledger_key(row_id)
    return partition, f"{item}-tries"


def _row(row: LedgerRow) -> Row:
    partition, item = ledger_key(row.id)
    return {**to_columns(row), "PartitionKey": partition, "RowKey": item}


def _row_as_read(row: LedgerRow) -> Row:
    return {**_row(row), "etag": row.etag}


def _same(one: LedgerRow, other: LedgerRow) -> bool:
    return replace(one, etag="") == replace(other, etag="")


def _same_plan(one: LedgerRow, other: LedgerRow) -> bool:
    """Of an item's plans, each is decided at another time."""
    return one.decided_at == other.decided_at


def _place(row: Row) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def _open_list(mailbox: str) -> str:
    return list_key("open", mailbox)


def _open(row: LedgerRow) -> Row:
    """Says which of an item's plans is open: it may be decided anew while somebody carries the old one out."""
    decided = row.decided_at.isoformat()
    return {
        "PartitionKey": _open_list(row.message.mailbox),
        "RowKey": f"{row.id}-{decided}",
        "id": row.id,
        "decided_at": decided,
    }


def _copies(row: LedgerRow) -> list[Row]:
    columns = to_columns(replace(row, message=kept(row.message, row.decision.outcome)))
    bucket, row_key = month_bucket(row.message.received_at), newest_first(row.message.received_at) + row.id
    return [Lists.row(name, bucket, row_key, columns) for name in ("all", list_key("outcome", row.decision.outcome))]


def _as_it_was(row: LedgerRow, outcome: Outcome) -> LedgerRow:
    """As the lists have it from before it was decided anew."""
    return replace(row, decision=replace(row.decision, outcome=outcome))


def _with_address(address: str) -> Callable[[Row], bool]:
    return lambda row: not address or address in from_columns(LedgerRow, row).message.addresses
