"""Interaction log entries.

The canonical row stands in the partition of its day, with its comments. Copies stand in the lists that people read:
all entries, and those of a contact, company, salesperson, conversation and opportunity.

A change is noted before it is made, and the note is taken away when the copies are right. What a writer who died has
left noted, `put_right` finishes. Where an opportunity has to be counted, the note stays until that was done by it.
"""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.errors import NotFound, Stale
from shared.mail.message_key import digest
from shared.paging import Page, Place
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import list_key, month_bucket, newest_first, time_bounds, uncut, year_bucket
from shared.storage.lists import WHOLE, Lists
from shared.storage.tables import Row, Tables
from shared.together import together

TABLE = "interactions"
LISTS = "interactionlists"
_CHANGING = "changing"
"""The partition of the notes."""
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
        """Writes new entries and their copies. An entry that is there stays, and all lists follow it: also those in
        which it is as given here, and is not any more.
        """
        written = await self._tables.insert_all(TABLE, (_row(entry) for entry in entries))
        await self._lists.insert(row for entry in entries if _key(entry.id) in written for row in _copies(entry))
        await together(self._copy(e.id, e.opportunity_no) for e in entries if _key(e.id) not in written)

    async def get(self, entry_id: str) -> Interaction:
        """One entry. Raises NotFound."""
        row = await self._tables.get(TABLE, *_key(entry_id))
        if row is None:
            raise NotFound("There is no such entry in the interaction log.")
        return from_columns(Interaction, row)

    async def change(self, before: Interaction, after: Interaction) -> Interaction:
        """Writes an entry that still is as `before`, then its copies. Raises Stale."""
        note = await self._note(before, after)
        try:
            etag = await self._tables.replace(TABLE, _row(after), before.etag)
        except Stale:
            await self._finish(note)  # it may be our own try that it met, whose answer was lost
            raise
        await self._finish(note)
        return replace(after, etag=etag)

    async def put_right(self) -> AsyncIterator[str]:
        """Makes the copies right of what was being changed by somebody who may have died.

        Gives the opportunities that are concerned; they are to be counted before the next one is asked for.
        """
        for note in await self._tables.range(TABLE, _CHANGING):
            await self._touch(note["id"])
            await self._copy(note["id"], *note["opportunities"].split())
            for opportunity_no in note["opportunities"].split():
                yield opportunity_no
            await self._forget(note)

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

    async def add_comment(self, before: Interaction, comment: Comment) -> Interaction:
        """Adds a remark to an entry that still is as `before`, and counts it. Raises Stale."""
        after = replace(before, comment_count=before.comment_count + 1)
        row = _row(after)
        whose = digest(comment.comment, comment.created_by, length=8)  # two people may speak at the same moment
        key = f"{row['RowKey']}-{comment.created_at.isoformat()}-{whose}"
        remark = {**to_columns(comment), "PartitionKey": row["PartitionKey"], "RowKey": key}
        note = await self._note(before, after)
        try:
            etag = await self._tables.replace_and_insert(TABLE, row, before.etag, remark)
        except Stale:
            await self._finish(note)
            raise
        await self._finish(note)
        return replace(after, etag=etag)

    async def comments(self, entry_id: str) -> tuple[Comment, ...]:
        """Remarks on an entry, oldest first."""
        partition, row = _key(entry_id)
        rows = await self._tables.range(TABLE, partition, after=f"{row}-", below=f"{row}-~")
        return tuple(from_columns(Comment, found) for found in rows)

    async def _note(self, before: Interaction, after: Interaction) -> Row:
        """Notes that an entry is being changed, and the opportunities in whose lists it may be left behind."""
        note: dict[str, Any] = {"PartitionKey": _CHANGING, "RowKey": f"{after.id}-{uuid.uuid4().hex}", "id": after.id}
        concerned = {before.opportunity_no, before.detached_from, after.opportunity_no} - {""}
        note["opportunities"] = " ".join(sorted(concerned))
        counted_before, counted_after = (entry.opportunity_no * (not entry.canceled) for entry in (before, after))
        note["is_counted"] = counted_before == counted_after
        await self._tables.insert(TABLE, note)
        return note

    async def _finish(self, note: Row) -> None:
        await self._copy(note["id"], *note["opportunities"].split())
        if note["is_counted"]:
            await self._forget(note)

    async def _forget(self, note: Row) -> None:
        await self._tables.delete(TABLE, _CHANGING, note["RowKey"])

    async def _touch(self, entry_id: str) -> None:
        """Gives the row a new etag: whoever is about to change it as he has read it, must read it again.

        So a change whose note was seen is either made by now, or never.
        """
        while True:
            entry = await self.get(entry_id)
            try:
                await self._tables.replace(TABLE, _row(entry), entry.etag)
            except Stale:
                continue
            return

    async def _copy(self, entry_id: str, *opportunities: str) -> None:
        """Makes the copies equal to the canonical row, also when somebody changes that meanwhile.

        It is taken out of the lists of `opportunities`, and of those that it had meanwhile, where it has another now.
        """
        entry = await self.get(entry_id)
        had = {no for no in opportunities if no}
        while True:
            had |= {entry.opportunity_no} - {""}
            await self._lists.remove(_copy_of(entry, "opportunity_no", no) for no in had - {entry.opportunity_no})
            await self._lists.put(_copies(entry))
            now = await self.get(entry_id)
            if now.etag == entry.etag:
                return
            entry = now


def _key(entry_id: str) -> tuple[str, str]:
    return entry_id[:_DAY], entry_id[_DAY:]


def _row(entry: Interaction) -> Row:
    partition, row = _key(entry.id)
    return {**to_columns(entry), "PartitionKey": partition, "RowKey": row}


def _copies(entry: Interaction) -> list[Row]:
    row_key = newest_first(entry.occurred_at) + entry.id
    in_all = Lists.row("all", month_bucket(entry.occurred_at), row_key, to_columns(entry))
    return [in_all, *(_copy_of(entry, field, value) for field in _LISTS_BY_FIELD if (value := getattr(entry, field)))]


def _copy_of(entry: Interaction, field: str, value: str) -> Row:
    """The copy in the list of those whose `field` has this value."""
    bucket = _LISTS_BY_FIELD[field](entry.occurred_at)
    row_key = newest_first(entry.occurred_at) + entry.id
    return Lists.row(list_key(field, value), bucket, row_key, to_columns(entry))


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
