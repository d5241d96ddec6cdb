"""Number series: CT000001, OP000001 and on."""

from shared.errors import Stale
from shared.storage.tables import Tables

TABLE = "numbers"
_DIGITS = 6


def number(series: str, count: int) -> str:
    """The number at a place of a series."""
    return f"{series}{count:0{_DIGITS}d}"


class NumberSeries:
    """How far each series has come."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def take(self, series: str, count: int) -> list[str]:
        """Takes the next numbers. Those that are then not used are gaps."""
        while True:
            row = await self._tables.get(TABLE, "series", series)
            last = row["count"] if row else 0
            if await self._write(series, last + count, row["etag"] if row else ""):
                return [number(series, last + 1 + index) for index in range(count)]

    async def last(self, series: str) -> int:
        """How many are known to be taken. There may be more: `advance` comes after the fact."""
        row = await self._tables.get(TABLE, "series", series)
        return row["count"] if row else 0

    async def advance(self, series: str, count: int) -> None:
        """Notes that all numbers up to this one are taken."""
        while True:
            row = await self._tables.get(TABLE, "series", series)
            if row and row["count"] >= count:
                return
            if await self._write(series, count, row["etag"] if row else ""):
                return

    async def _write(self, series: str, count: int, etag: str) -> bool:
        row = {"PartitionKey": "series", "RowKey": series, "count": count}
        if not etag:
            return await self._tables.insert(TABLE, row)
        try:
            await self._tables.replace(TABLE, row, etag)
        except Stale:
            return False
        return True
