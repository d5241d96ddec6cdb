"""The canonical rows of opportunities: a partition for each, with its history in the row.

A row that does not say `listed` may be ahead of its copies in the lists; whoever makes them follow lets it say so. A
change is noted before it is made, so that `put_right` finds what somebody who died has left like that.
Of an opportunity that was deleted an empty row stays, so that its number is never given again.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.errors import Stale
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import History, OpportunityEntry
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import number_key
from shared.storage.opportunity_lists import OpportunityLists, copies_of
from shared.storage.tables import Row, Tables

TABLE = "opportunities"
_ROW = "opportunity"
_CHANGING = "changing"
"""The partition of notes of what is being changed."""
_LEAVING = "leaving"


class Presence(StrEnum):
    """Whether an opportunity is there, is being deleted, or was."""

    THERE = ""
    LEAVING = "leaving"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Record:
    """What a row holds beside the opportunity."""

    source: str
    """What it was made from: the id of an entry of the log, or a name that nothing else has."""
    entries: tuple[OpportunityEntry, ...] = ()
    partitions: tuple[str, ...] = ()
    """Every partition of the lists in which a copy has ever been."""
    listed: bool = False
    presence: Presence = Presence.THERE
    etag: str = ""


class OpportunityRows:
    """The rows, and with them the lists that follow."""

    def __init__(self, tables: Tables, lists: OpportunityLists) -> None:
        self._tables = tables
        self._lists = lists

    async def insert(self, history: History, source: str) -> bool:
        """Writes a new opportunity. False when its number is taken."""
        return await self._tables.insert(TABLE, _row(history, Record(source)))

    async def find(self, no: str) -> Row | None:
        """The row as it is, also of an opportunity that is gone."""
        return await self._tables.get(TABLE, *key(no))

    async def write(self, history: History, record: Record) -> None:
        """Writes a row that still is as the record was read, and makes the lists follow. Raises Stale."""
        note = await self._note(history.opportunity.no, uuid.uuid4().hex)
        try:
            await self._tables.replace(TABLE, _row(history, record), record.etag)
        except Stale:
            await self._finish(note)
            raise
        await self._finish(note)

    async def empty(self, no: str, record: Record, presence: Presence) -> None:
        """Takes everything out of a row that still is as the record was read, and out of the lists. Raises Stale."""
        await self._note(no, _LEAVING)
        partition, row_key = key(no)
        emptied = to_columns(replace(record, entries=(), listed=False, presence=presence))
        await self._tables.replace(
            TABLE, {**emptied, "PartitionKey": partition, "RowKey": row_key, "no": no}, record.etag
        )
        await self.show(no)

    async def mark_gone(self, no: str) -> None:
        """Notes that nothing more is to be done for an opportunity that was leaving."""
        row = await self.find(no)
        if row and row["presence"] == Presence.LEAVING:
            with suppress(Stale):  # somebody else has just done it
                await self._tables.replace(TABLE, {**row, "presence": Presence.GONE.value}, row["etag"])
        await self._tables.delete(TABLE, _CHANGING, f"{number_key(no)}-{_LEAVING}")

    async def put_right(self) -> list[str]:
        """Finishes what somebody has stopped in the middle of. Numbers of those that are leaving.

        Each row gets a new etag first: so a change whose note was seen is either made by now, or never.
        """
        leaving = []
        for note in await self._tables.range(TABLE, _CHANGING):
            no = note["no"]
            await self._touch(no)
            await self.show(no)
            row = await self.find(no)
            if row and row["presence"] == Presence.LEAVING:
                leaving.append(no)
            else:
                await self._tables.delete(TABLE, _CHANGING, note["RowKey"])
        return leaving

    async def show(self, no: str) -> None:
        """Makes the lists show an opportunity as it is, also when somebody changes it meanwhile."""
        row = await self.find(no)
        if row is None or row["listed"]:
            return
        while row:
            opportunity = None if row["presence"] else from_columns(Opportunity, row)
            await self._lists.show(no, opportunity, from_columns(Record, row).partitions)
            if not row["listed"]:
                try:
                    await self._tables.replace(TABLE, {**row, "listed": True}, row["etag"])
                except Stale:
                    pass
                else:
                    return
            # It was changed meanwhile, and what was shown may have been put over what others have shown since.
            shown, row = row, await self.find(no)
            if row and row["etag"] == shown["etag"]:
                return

    async def _note(self, no: str, name: str) -> Row:
        """Notes that an opportunity is being changed."""
        note = {"PartitionKey": _CHANGING, "RowKey": f"{number_key(no)}-{name}", "no": no}
        await self._tables.insert(TABLE, note)
        return note

    async def _finish(self, note: Row) -> None:
        await self.show(note["no"])
        await self._tables.delete(TABLE, _CHANGING, note["RowKey"])

    async def _touch(self, no: str) -> None:
        while row := await self.find(no):
            try:
                await self._tables.replace(TABLE, row, row["etag"])
            except Stale:
                continue
            return


def key(no: str) -> tuple[str, str]:
    """Keys of the canonical row."""
    return number_key(no), _ROW


def _row(history: History, record: Record) -> Row:
    opportunity = history.opportunity
    listed_in = (copy["PartitionKey"] for copy in copies_of(opportunity))
    partitions = tuple(dict.fromkeys((*record.partitions, *listed_in)))
    record = replace(record, entries=history.entries, partitions=partitions, listed=False)
    partition, row_key = key(opportunity.no)
    return {**to_columns(opportunity), **to_columns(record), "PartitionKey": partition, "RowKey": row_key}
