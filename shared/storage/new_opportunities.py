"""New opportunities: each takes the next number by being inserted under it, so there are neither gaps nor doubles.

What is to be made from an entry of the log is announced first, in a row that is the entry's alone: so it is made once,
and whoever finds it half made finishes it. The series says how far all opportunities stand in their lists.
"""

import asyncio
import itertools
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.errors import Stale
from shared.sales.interaction import Comment
from shared.sales.opportunity_history import History
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import number_key
from shared.storage.numbers import NumberSeries, number
from shared.storage.opportunity_rows import TABLE, OpportunityRows, Presence
from shared.storage.tables import Row, Tables

ANNOUNCED = "opportunitysources"
SERIES = "OP"
COMMENT = "comment-"
_ROW = "opportunity"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be made. `after`: all numbers up to there were taken by others before it was announced."""

    history: History
    comments: tuple[Comment, ...]
    after: int


class NewOpportunities:
    """Makes opportunities."""

    def __init__(self, tables: Tables, rows: OpportunityRows, numbers: NumberSeries) -> None:
        self._tables = tables
        self._rows = rows
        self._numbers = numbers
        self._taking = asyncio.Lock()
        """Requests of one worker take their numbers one after another: they would only get in each other's way."""
        self._highest = 0
        self._making: set[int] = set()

    async def add(self, history: History) -> str:
        """Makes an opportunity, and returns its number."""
        async with self._taking:
            count = await self._take(Announcement(history, (), await self._last()), uuid.uuid4().hex)
        return await self._complete(count)

    async def make_from(self, source: str, history: History, comments: tuple[Comment, ...]) -> tuple[str, bool]:
        """Makes an opportunity from an entry, or what was announced before. Its number, and whether it is this one."""
        while True:
            async with self._taking:
                announced = Announcement(history, comments, await self._last())
                is_new = await self._tables.insert(
                    ANNOUNCED, {**to_columns(announced), "PartitionKey": source, "RowKey": _ROW}
                )
                if not is_new:
                    row = await self._tables.get(ANNOUNCED, source, _ROW)
                    if row is None:
                        continue  # what was made from it has been deleted in this moment
                    announced = from_columns(Announcement, row)
                count = await self._take(announced, source)
            no = await self._complete(count, announced.comments)
            if is_new or not await self._was_deleted(no):
                return no, is_new
            await self.forget(source, no)

    async def forget(self, source: str, no: str) -> None:
        """Lets another opportunity be made from the entry, after this one."""
        row = await self._tables.get(ANNOUNCED, source, _ROW)
        if row and row["after"] < int(no.removeprefix(SERIES)):  # else another has been announced already
            with suppress(Stale):
                await self._tables.delete(ANNOUNCED, source, _ROW, etag=row["etag"])

    async def _take(self, announced: Announcement, source: str) -> int:
        for count in itertools.count(announced.after + 1):
            no = number(SERIES, count)
            opportunity = replace(announced.history.opportunity, no=no)
            if await self._rows.insert(replace(announced.history, opportunity=opportunity), source):
                break
            taken = await self._rows.find(no)
            if taken and taken["source"] == source:
                break
        self._highest = max(self._highest, count)
        self._making.add(count)
        return count

    async def _complete(self, count: int, comments: tuple[Comment, ...] = ()) -> str:
        no = number(SERIES, count)
        try:
            await self._tables.insert_all(TABLE, _comment_rows(no, comments))
            await self._rows.show(no)
        finally:
            self._making.discard(count)
        await self._advance(count)
        return no

    async def _last(self) -> int:
        return max(self._highest, await self._numbers.last(SERIES))

    async def _advance(self, count: int) -> None:
        """Notes how far all opportunities stand in their lists, and puts right what somebody has left half made."""
        last = await self._numbers.last(SERIES)
        for number_before in range(last + 1, count):
            if number_before in self._making:
                break
            await self._rows.show(number(SERIES, number_before))
            last = number_before
        else:
            last = max(last, count)
        await self._numbers.advance(SERIES, last)

    async def _was_deleted(self, no: str) -> bool:
        row = await self._rows.find(no)
        return row is None or row["presence"] != Presence.THERE


def _comment_rows(no: str, comments: tuple[Comment, ...]) -> list[Row]:
    return [
        {**to_columns(comment), "PartitionKey": number_key(no), "RowKey": COMMENT + comment.created_at.isoformat()}
        for comment in comments
    ]
