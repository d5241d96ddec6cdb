"""Sales cycles: a partition of them. The one that comes with the app is there until somebody changes or removes it."""

from shared.errors import Conflict, NotFound, Stale
from shared.sales.sales_cycle import STANDARD, SalesCycle
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import number_key
from shared.storage.tables import Row, Tables

TABLE = "salescycles"
_PARTITION = "cycles"
_REMOVED = "removed"


class SalesCycleStore:
    """Implements `ports.SalesCycles`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def all(self) -> list[SalesCycle]:
        """Every cycle, by code."""
        rows = {row["RowKey"]: row async for row in self._tables.partition(TABLE, _PARTITION)}
        cycles = [from_columns(SalesCycle, row) for row in rows.values() if _REMOVED not in row]
        if STANDARD.code not in rows:
            cycles.append(STANDARD)
        return sorted(cycles, key=lambda cycle: number_key(cycle.code))

    async def find(self, code: str) -> SalesCycle | None:
        """One cycle, or None."""
        row = await self._tables.get(TABLE, *_key(code))
        if row is None:
            return STANDARD if number_key(code) == STANDARD.code else None
        return None if _REMOVED in row else from_columns(SalesCycle, row)

    async def get(self, code: str) -> SalesCycle:
        """One cycle. Raises NotFound."""
        cycle = await self.find(code)
        if cycle is None:
            raise NotFound(f"There is no sales cycle {code}.")
        return cycle

    async def add(self, cycle: SalesCycle) -> SalesCycle:
        """Writes a new cycle. Raises Conflict when there is one with its code."""
        taken = Conflict(f"There is a sales cycle {cycle.code} already.")
        if await self.find(cycle.code):
            raise taken
        removed = await self._tables.get(TABLE, *_key(cycle.code))
        try:
            await self._write(_row(cycle), removed["etag"] if removed else "")
        except Stale as error:
            raise taken from error
        return await self.get(cycle.code)

    async def change(self, before: SalesCycle, after: SalesCycle) -> SalesCycle:
        """Writes a cycle that still is as `before`. Raises Stale."""
        await self._write(_row(after), before.etag)
        return await self.get(after.code)

    async def remove(self, cycle: SalesCycle) -> None:
        """Removes a cycle that still is as given. A note stays: else the app's own would come back. Raises Stale."""
        partition, row = _key(cycle.code)
        await self._write({"PartitionKey": partition, "RowKey": row, _REMOVED: True}, cycle.etag)

    async def _write(self, row: Row, etag: str) -> None:
        """Without an etag there must be no row: the app's own cycle has none as long as nobody has touched it."""
        if etag:
            await self._tables.replace(TABLE, row, etag)
        elif not await self._tables.insert(TABLE, row):
            raise Stale


def _key(code: str) -> tuple[str, str]:
    return _PARTITION, number_key(code)


def _row(cycle: SalesCycle) -> Row:
    partition, row = _key(cycle.code)
    return {**to_columns(cycle), "PartitionKey": partition, "RowKey": row}
