"""Opportunities: the canonical row stands in the list by number; copies in the lists by contact, company, salesperson.

An opportunity's number is taken by inserting it under that number, so numbers have neither gaps nor doubles. One that
is made from an entry is announced first, in a row that is the entry's alone: so it is made once, and made to the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.errors import NotFound
from shared.paging import Page, Place
from shared.sales.interaction import Comment
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import list_key, number_bucket, number_key
from shared.storage.lists import Lists
from shared.storage.numbers import NumberSeries, number
from shared.storage.tables import Row, Tables

TABLE = "opportunities"
LISTS = "opportunitylists"
ANNOUNCED = "opportunitysources"
SERIES = "OP"
_LIST = "all"
_LISTS_BY_FIELD = ("contact_no", "company_no", "salesperson_code")


@dataclass(frozen=True, slots=True)
class Announcement:
    """An opportunity that is to be made from an entry. `after` is how far the series had come."""

    opportunity: Opportunity
    comments: tuple[Comment, ...]
    after: int


class OpportunityStore:
    """Implements `ports.Opportunities`."""

    def __init__(self, tables: Tables, numbers: NumberSeries) -> None:
        self._tables = tables
        self._numbers = numbers
        self._lists = Lists(tables, TABLE)
        self._copies = Lists(tables, LISTS)

    async def announce(self, source: str, opportunity: Opportunity, comments: tuple[Comment, ...]) -> bool:
        """Notes that an opportunity is to be made from the source, an entry's id. False when one was noted before."""
        announced = Announcement(opportunity, comments, await self._numbers.last(SERIES))
        row = {**to_columns(announced), "PartitionKey": source, "RowKey": "opportunity"}
        return await self._tables.insert(ANNOUNCED, row)

    async def make_announced(self, source: str) -> Opportunity:
        """Makes the opportunity that was announced, or finds it made. Raises NotFound when none was."""
        row = await self._tables.get(ANNOUNCED, source, "opportunity")
        if row is None:
            raise NotFound("No opportunity is to be made from this entry.")
        announced = from_columns(Announcement, row)
        count = announced.after
        while True:
            count += 1
            opportunity = replace(announced.opportunity, no=number(SERIES, count))
            if not await self._lists.insert([{**_row(opportunity), "source": source}]):
                break
            taken = await self._tables.get(TABLE, *_key(opportunity.no))
            if taken and taken.get("source") == source:
                break
        await self._numbers.advance(SERIES, count)
        await self._copies.insert(_copy_rows(opportunity))
        await self._tables.insert_all(TABLE, _comment_rows(opportunity.no, announced.comments))
        return await self.get(opportunity.no)

    async def get(self, no: str) -> Opportunity:
        """One opportunity. Raises NotFound."""
        row = await self._tables.get(TABLE, *_key(no))
        if row is None:
            raise NotFound(f"There is no opportunity {no}.")
        return from_columns(Opportunity, row)

    async def comments(self, no: str) -> tuple[Comment, ...]:
        """Remarks on an opportunity, oldest first."""
        rows = await self._tables.range(TABLE, _comment_partition(no))
        return tuple(from_columns(Comment, row) for row in rows)

    async def page(self, wanted: OpportunityFilter, start: Place | None, limit: int) -> Page[Opportunity]:
        """Opportunities by number, from the shortest list that the filter names."""
        for field in _LISTS_BY_FIELD:
            if value := getattr(wanted, field):
                page = await self._copies.page(list_key(field, value), start, limit, keep=_wanted(wanted))
                break
        else:
            page = await self._lists.page(_LIST, start, limit, keep=_wanted(wanted))
        return Page(tuple(from_columns(Opportunity, row) for row in page.items), page.next)


def _key(no: str) -> tuple[str, str]:
    return f"{_LIST}.{number_bucket(no)}", number_key(no)


def _row(opportunity: Opportunity) -> Row:
    return Lists.row(_LIST, number_bucket(opportunity.no), number_key(opportunity.no), to_columns(opportunity))


def _copy_rows(opportunity: Opportunity) -> list[Row]:
    columns, bucket, row_key = to_columns(opportunity), number_bucket(opportunity.no), number_key(opportunity.no)
    return [
        Lists.row(list_key(field, value), bucket, row_key, columns)
        for field in _LISTS_BY_FIELD
        if (value := getattr(opportunity, field))
    ]


def _comment_partition(no: str) -> str:
    return f"comments.{number_key(no)}"


def _comment_rows(no: str, comments: tuple[Comment, ...]) -> list[Row]:
    return [
        {**to_columns(comment), "PartitionKey": _comment_partition(no), "RowKey": comment.created_at.isoformat()}
        for comment in comments
    ]


def _wanted(wanted: OpportunityFilter) -> Callable[[Row], bool]:
    exact = {field: value.upper() for field in (*_LISTS_BY_FIELD, "status") if (value := getattr(wanted, field))}
    return lambda row: all(row[field].upper() == value for field, value in exact.items())
