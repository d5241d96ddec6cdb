"""The lists that show opportunities: all, and those of a contact, company, salesperson, status and open stage."""

from collections.abc import Callable

from shared.paging import Page, Place
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import list_key, number_bucket, number_key
from shared.storage.lists import Lists
from shared.storage.tables import Row, Tables

TABLE = "opportunitylists"
_ALL = "all"
_STAGE = "stage"
_FILTERS = ("contact_no", "company_no", "salesperson_code", "status")
"""Lists that a filter may name, the shortest first."""


class OpportunityLists:
    """By number. What a list shows is a copy of the canonical row, without its history."""

    def __init__(self, tables: Tables) -> None:
        self._lists = Lists(tables, TABLE)

    async def show(self, no: str, opportunity: Opportunity | None, partitions: tuple[str, ...]) -> None:
        """Puts the opportunity into its lists, and takes it out of the others among `partitions`."""
        copies = copies_of(opportunity) if opportunity else []
        kept = {copy["PartitionKey"] for copy in copies}
        gone = [one for one in partitions if one not in kept]
        await self._lists.remove({"PartitionKey": one, "RowKey": number_key(no)} for one in gone)
        await self._lists.put(copies)

    async def page(self, wanted: OpportunityFilter, start: Place | None, limit: int) -> Page[Opportunity]:
        """Opportunities by number, from the shortest list that the filter names."""
        named = next((list_key(field, value) for field in _FILTERS if (value := getattr(wanted, field))), _ALL)
        page = await self._lists.page(named, start, limit, keep=_wanted(wanted))
        return Page(tuple(from_columns(Opportunity, row) for row in page.items), page.next)

    async def first_in_stage(self, sales_cycle_code: str, stage: int) -> str:
        """Number of the first open opportunity in a stage of a sales cycle, 0 before the first stage; "" for none."""
        page = await self._lists.page(list_key(_STAGE, _stage(sales_cycle_code, stage)), None, 1)
        return str(page.items[0]["no"]) if page.items else ""


def copies_of(opportunity: Opportunity) -> list[Row]:
    """The rows that the lists show."""
    columns, bucket, row_key = to_columns(opportunity), number_bucket(opportunity.no), number_key(opportunity.no)
    names = [list_key(field, value) for field in _FILTERS if (value := getattr(opportunity, field))]
    if opportunity.is_open:
        names.append(list_key(_STAGE, _stage(opportunity.sales_cycle_code, opportunity.stage)))
    return [Lists.row(name, bucket, row_key, columns) for name in (_ALL, *names)]


def _stage(sales_cycle_code: str, stage: int) -> str:
    return f"{sales_cycle_code}/{stage}"


def _wanted(wanted: OpportunityFilter) -> Callable[[Row], bool]:
    exact = {field: value.upper() for field in _FILTERS if (value := getattr(wanted, field))}
    return lambda row: all(row[field].upper() == value for field, value in exact.items())
