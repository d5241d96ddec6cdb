"""Interaction log entries.

The canonical row stands in the partition of its day, with its comments. Copies stand in the lists that people read:
all entries, and those of a contact, company, salesperson, conversation and opportunity.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.errors import NotFound, Stale
from shared.paging import Page, Place
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import list_key, month_bucket, newest_first, time_bounds, uncut, year_bucket
from shared.storage.lists import WHOLE, Lists
from shared.storage.tables import Row, Tables
from shared.together import together

TABLE = "interactions"
LISTS = "interactionlists"
_DAY = 8
"""An entry's id begins with its day, which is its partition: entries of a day are written together."""
_LISTS_BY_FIELD: dict[str, Callable[[datetime], str]] = {
    # Shortest list first. A conversation and an opportunity come to an end, so their lists are not cut.
    "conversation_id": uncut,
    "opportunity_no": uncut,
    "contact_no": year_bucket,
    "company_no": year_bucket,
    "salesperson_code": year_bucket,
}


class InteractionStore:
    """Implements `ports.Interactions`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lists = Lists(tables, LISTS)

    async def write(self, entries: Sequence[Interaction]) -> None:
        """Writes new entries and their copies. An entry that is there stays, and its copies are made after it."""
        written = await self._tables.insert_all(TABLE, (_row(entry) for entry in entries))
        await self._lists.insert(row for entry in entries if _key(entry.id) in written for row in _copies(entry))
        await together(self._copy(entry.id) for entry in entries if _key(entry.id) not in written)

    async def get(self, entry_id: str) -> Interaction:
        """One entry. Raises NotFound."""
        row = await self._tables.get(TABLE, *_key(entry_id))
        if row is None:
            raise NotFound("There is no such entry in the interaction log.")
        return from_columns(Interaction, row)

    async def change(self, before: Interaction, after: Interaction) -> Interaction:
        """Writes an entry that still is as `before`, then its copies. Raises Stale."""
        # It leaves a list before the row says so: whoever stops in between, and does it again, leaves nothing behind.
        await self._leave_lists(before, after)
        try:
            etag = await self._tables.replace(TABLE, _row(after), before.etag)
        except Stale:
            await self._copy(after.id)
            raise
        await self._copy(after.id)
        return replace(after, etag=etag)

    async def page(
        self, wanted: InteractionFilter, since: datetime | None, until: datetime | None, start: Place | None, limit: int
    ) -> Page[Interaction]:
        """Entries with `since` <= time < `until`, newest first, from the shortest list that the filter names."""
        name: str = "all"
        bucket: Callable[[datetime], str] = month_bucket
        for field, cut in reversed(_LISTS_BY_FIELD.items()):
            if value := getattr(wanted, field):
                name, bucket = list_key(field, value), cut
        bounds = time_bounds(since, until, bucket)
        page = await self._lists.page(name, start, limit, keep=_wanted(wanted), bounds=bounds)
        return Page(tuple(from_columns(Interaction, row) for row in page.items), page.next)

    async def count(self, opportunity_no: str) -> int:
        """How many entries belong to an opportunity, without canceled ones."""
        rows = self._tables.partition(LISTS, f"{list_key('opportunity_no', opportunity_no)}.{WHOLE}")
        return len([row async for row in rows if not row["canceled"]])

    async def add_comment(self, entry_id: str, comment: Comment) -> None:
        """Keeps a remark; the same one twice is kept once."""
        partition, row = _key(entry_id)
        key = f"{row}-{comment.created_at.isoformat()}"
        await self._tables.insert(TABLE, {**to_columns(comment), "PartitionKey": partition, "RowKey": key})

    async def comments(self, entry_id: str) -> tuple[Comment, ...]:
        """Remarks on an entry, oldest first."""
        partition, row = _key(entry_id)
        rows = await self._tables.range(TABLE, partition, after=f"{row}-", below=f"{row}-~")
        return tuple(from_columns(Comment, found) for found in rows)

    async def _copy(self, entry_id: str) -> None:
        """Makes the copies equal to the canonical row, also when somebody changes that meanwhile."""
        entry = await self.get(entry_id)
        while True:
            await self._lists.put(_copies(entry))
            now = await self.get(entry_id)
            if now.etag == entry.etag:
                return
            await self._leave_lists(entry, now)
            entry = now

    async def _leave_lists(self, before: Interaction, after: Interaction) -> None:
        kept = {row["PartitionKey"] for row in _copies(after)}
        await self._lists.remove(row for row in _copies(before) if row["PartitionKey"] not in kept)


def _key(entry_id: str) -> tuple[str, str]:
    return entry_id[:_DAY], entry_id[_DAY:]


def _row(entry: Interaction) -> Row:
    partition, row = _key(entry.id)
    return {**to_columns(entry), "PartitionKey": partition, "RowKey": row}


def _copies(entry: Interaction) -> list[Row]:
    columns = to_columns(entry)
    row_key = newest_first(entry.occurred_at) + entry.id
    by_field = [
        Lists.row(list_key(field, value), cut(entry.occurred_at), row_key, columns)
        for field, cut in _LISTS_BY_FIELD.items()
        if (value := getattr(entry, field))
    ]
    return [Lists.row("all", month_bucket(entry.occurred_at), row_key, columns), *by_field]


def _wanted(wanted: InteractionFilter) -> Callable[[Row], bool]:
    """Whether a row has what the filter names, also the parts that a list has answered already."""
    exact = {field: value.upper() for field in _LISTS_BY_FIELD if (value := getattr(wanted, field))}
    if wanted.information_flow:
        exact["information_flow"] = wanted.information_flow.upper()

    def keep(row: Row) -> bool:
        return (
            all(row[field].upper() == value for field, value in exact.items())
            and row["canceled"] == wanted.canceled
            and (wanted.has_opportunity is None or bool(row["opportunity_no"]) == wanted.has_opportunity)
        )

    return keep
