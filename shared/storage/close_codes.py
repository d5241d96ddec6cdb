"""Close opportunity codes: a partition of them."""

from shared.errors import Conflict, NotFound
from shared.sales.close_opportunity import CloseOpportunityCode
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import number_key
from shared.storage.tables import Tables

TABLE = "closeopportunitycodes"
_PARTITION = "codes"


class CloseOpportunityCodeStore:
    """Implements `ports.CloseOpportunityCodes`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def all(self) -> list[CloseOpportunityCode]:
        """Every code, in order."""
        return [from_columns(CloseOpportunityCode, row) async for row in self._tables.partition(TABLE, _PARTITION)]

    async def find(self, code: str) -> CloseOpportunityCode | None:
        """One code, or None."""
        row = await self._tables.get(TABLE, _PARTITION, number_key(code))
        return from_columns(CloseOpportunityCode, row) if row else None

    async def get(self, code: str) -> CloseOpportunityCode:
        """One code. Raises NotFound."""
        found = await self.find(code)
        if found is None:
            raise NotFound(f"There is no close opportunity code {code}.")
        return found

    async def add(self, code: CloseOpportunityCode) -> CloseOpportunityCode:
        """Writes a new code. Raises Conflict when it is there already."""
        row = {**to_columns(code), "PartitionKey": _PARTITION, "RowKey": number_key(code.code)}
        if not await self._tables.insert(TABLE, row):
            raise Conflict(f"There is a close opportunity code {code.code} already.")
        return await self.get(code.code)

    async def remove(self, code: CloseOpportunityCode) -> None:
        """Removes a code that still is as given. Raises Stale."""
        await self._tables.delete(TABLE, _PARTITION, number_key(code.code), etag=code.etag)
