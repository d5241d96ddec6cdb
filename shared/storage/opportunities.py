"""Opportunities, as the jobs need them."""

from dataclasses import replace

from shared.errors import NotFound, Stale
from shared.etags import etag_of
from shared.paging import Page, Place
from shared.sales.interaction import Comment
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.sales.opportunity_history import History
from shared.storage.columns import from_columns
from shared.storage.keys import number_key
from shared.storage.new_opportunities import COMMENT, NewOpportunities
from shared.storage.numbers import NumberSeries
from shared.storage.opportunity_lists import OpportunityLists
from shared.storage.opportunity_rows import TABLE, OpportunityRows, Presence, Record
from shared.storage.tables import Row, Tables


class OpportunityStore:
    """Implements `ports.Opportunities`."""

    def __init__(self, tables: Tables, numbers: NumberSeries) -> None:
        self._tables = tables
        self._lists = OpportunityLists(tables)
        self._rows = OpportunityRows(tables, self._lists)
        self._new = NewOpportunities(tables, self._rows, numbers)

    async def add(self, history: History) -> Opportunity:
        """Makes an opportunity, under the next number."""
        return await self.get(await self._new.add(history))

    async def make_from(self, source: str, history: History, comments: tuple[Comment, ...]) -> tuple[str, bool]:
        """Makes an opportunity from an entry, once. Its number, and whether this call was the one."""
        return await self._new.make_from(source, history, comments)

    async def get(self, no: str) -> Opportunity:
        """One opportunity. Raises NotFound."""
        return (await self.read(no)).opportunity

    async def read(self, no: str) -> History:
        """One opportunity with its entries. Raises NotFound."""
        row = await self._rows.find(no)
        if row is None or row["presence"]:
            raise NotFound(f"There is no opportunity {no}.")
        return _history(row)

    async def history(self, no: str) -> History:
        """The same, to change it: where somebody stopped before its lists followed, they do now. Raises NotFound."""
        await self._rows.show(no)
        return await self.read(no)

    async def comments(self, no: str) -> tuple[Comment, ...]:
        """Remarks on an opportunity, oldest first."""
        rows = await self._tables.range(TABLE, number_key(no), after=COMMENT, below=f"{COMMENT}~")
        return tuple(from_columns(Comment, row) for row in rows)

    async def page(self, wanted: OpportunityFilter, start: Place | None, limit: int) -> Page[Opportunity]:
        """Opportunities by number, from the shortest list that the filter names."""
        return await self._lists.page(wanted, start, limit)

    async def open_in_stage(self, sales_cycle_code: str, stage: int) -> str:
        """Number of an open opportunity in a stage of a sales cycle, 0 before the first stage; "" for none."""
        return await self._lists.first_in_stage(sales_cycle_code, stage)

    async def change(self, before: History, after: History) -> Opportunity:
        """Writes an opportunity that still is as `before`, whatever the number of its interactions. Raises Stale."""
        no = before.opportunity.no
        while True:
            now, record = await self._unchanged(before)
            count = now.opportunity.interaction_count
            counted = replace(after, opportunity=replace(after.opportunity, interaction_count=count))
            try:
                await self._rows.write(counted, record)
            except Stale:
                continue  # it may be no more than that it was counted, or listed
            return await self.get(no)

    async def set_interaction_count(self, before: Opportunity, count: int) -> None:
        """Notes how many interactions there are. Raises Stale when the row was written since it was read."""
        row = await self._rows.find(before.no)
        if row is None or row["etag"] != before.etag:
            raise Stale
        if row["interaction_count"] == count:
            # Written all the same: whoever has counted before, and is about to write another number, counts again.
            await self._tables.replace(TABLE, row, before.etag)
            return
        now = _history(row)
        counted = replace(now.opportunity, interaction_count=count)
        await self._rows.write(replace(now, opportunity=counted), from_columns(Record, row))

    async def remove(self, before: History) -> None:
        """Takes away one that still is as `before`. What belongs to it is to be cleared away. Raises Stale."""
        while True:
            _, record = await self._unchanged(before)
            try:
                await self._rows.empty(before.opportunity.no, record, Presence.LEAVING)
            except Stale:
                continue
            return

    async def is_gone(self, no: str) -> bool:
        """Whether it is not there, or not any more."""
        row = await self._rows.find(no)
        return row is None or row["presence"] != Presence.THERE

    async def is_leaving(self, no: str) -> bool:
        """Whether it was taken away, and what belongs to it perhaps not."""
        row = await self._rows.find(no)
        return row is not None and row["presence"] == Presence.LEAVING

    async def put_right(self) -> list[str]:
        """Finishes what somebody who died was changing. Numbers of those that were taken away, but not forgotten."""
        return await self._rows.put_right()

    async def forget(self, no: str) -> None:
        """The last step of taking it away: only its number is left."""
        row = await self._rows.find(no)
        if row is None or row["presence"] != Presence.LEAVING:
            return
        await self._rows.show(no)
        remarks = await self._tables.range(TABLE, number_key(no), after=COMMENT, below=f"{COMMENT}~")
        await self._tables.delete_all(TABLE, [(remark["PartitionKey"], remark["RowKey"]) for remark in remarks])
        await self._new.forget(row["source"], no)
        await self._rows.mark_gone(no)

    async def _unchanged(self, before: History) -> tuple[History, Record]:
        """The opportunity as it is now, with its record. Raises Stale when people have changed it since `before`."""
        row = await self._rows.find(before.opportunity.no)
        if row is None or row["presence"]:
            raise Stale
        now = _history(row)
        if etag_of(now.opportunity) != etag_of(before.opportunity) or now.entries != before.entries:
            raise Stale
        return now, from_columns(Record, row)


def _history(row: Row) -> History:
    return History(from_columns(Opportunity, row), from_columns(Record, row).entries)
