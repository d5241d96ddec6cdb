"""Lists that are read in order, a page at a time, and may grow for ever.

A list is cut into buckets (by month, year, or the first letters of a number), each a partition of its own, and keeps
an index of its buckets that are not empty: so a page reads the index and the buckets that it shows, however long the
list is.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from shared.paging import Page, Place
from shared.storage.tables import Row, Tables

SCANNED_ROWS = 500
"""Rows that one page reads at most, when a filter passes over many."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What part of a list to read: buckets from `first` to `last`, and rows with `after` < RowKey < `below`."""

    first: str = ""
    last: str = ""
    after: str = ""
    below: str = ""


EVERYTHING = Bounds()
REMEMBERED = 20_000
"""Buckets that are known to be in the index: more than are written to at one time."""
WHOLE = "whole"
"""The one bucket of a list that comes to an end, and so is not cut. It needs no index."""


class Lists:
    """The lists of one table."""

    def __init__(self, tables: Tables, table: str) -> None:
        self._tables = tables
        self._table = table
        self._indexed: dict[tuple[str, str], None] = {}

    @staticmethod
    def row(name: str, bucket: str, row_key: str, columns: Row) -> Row:
        """A row of the list `name`."""
        return {**columns, "PartitionKey": f"{name}.{bucket}", "RowKey": row_key}

    async def insert(self, rows: Iterable[Row]) -> set[tuple[str, str]]:
        """Adds rows, and returns the keys that were there already; those rows are left as they are."""
        rows = list(rows)
        await self._index(rows)
        written = await self._tables.insert_all(self._table, rows)
        return {(row["PartitionKey"], row["RowKey"]) for row in rows} - written.keys()

    async def put(self, rows: Iterable[Row]) -> None:
        """Adds or overwrites rows."""
        rows = list(rows)
        await self._index(rows)
        await self._tables.put_all(self._table, rows)

    async def remove(self, rows: Iterable[Row]) -> None:
        """Takes rows out of their lists. A bucket that becomes empty stays in the index, which harms nobody."""
        await self._tables.delete_all(self._table, [(row["PartitionKey"], row["RowKey"]) for row in rows])

    async def page(
        self,
        name: str,
        start: Place | None,
        limit: int,
        *,
        keep: Callable[[Row], bool] = lambda _: True,
        bounds: Bounds = EVERYTHING,
    ) -> Page[Row]:
        """At most `limit` rows that `keep` wants, after `start`. May be short, with a place to go on from."""
        place = start or Place(bounds.first)
        kept: list[Row] = []
        scanned = 0
        async for bucket in self._buckets(name, place.bucket, bounds.last):
            after = max(bounds.after, place.row_key if bucket == place.bucket else "")
            while True:
                # What a filter passes over is read in doubling lots: else a small page would cost hundreds of requests.
                wanted = min(max(limit + 1 - len(kept), scanned), SCANNED_ROWS - scanned)
                rows = await self._tables.range(
                    self._table, f"{name}.{bucket}", after=after, below=bounds.below, limit=wanted
                )
                for row in rows:
                    if keep(row):
                        if len(kept) == limit:
                            return Page(tuple(kept), place)
                        kept.append(row)
                    place = Place(bucket, row["RowKey"])
                scanned += len(rows)
                if scanned >= SCANNED_ROWS:
                    return Page(tuple(kept), place)
                if len(rows) < wanted:
                    break
                after = place.row_key
        return Page(tuple(kept), None)

    async def _buckets(self, name: str, first: str, last: str) -> AsyncIterator[str]:
        if first:
            yield first
        if first == WHOLE:
            return
        after = first
        end = f"{name}/"  # the sign after the dot: a bucket may begin with any letter, such as Þ
        while rows := await self._tables.range(
            self._table, _index_of(name), after=f"{name}.{after}", below=end, limit=100
        ):
            for row in rows:
                if last and row["bucket"] > last:
                    return
                yield row["bucket"]
            after = rows[-1]["bucket"]

    async def _index(self, rows: Iterable[Row]) -> None:
        """Notes the buckets first, so that no row is ever in a bucket that readers do not know."""
        buckets = {_list_and_bucket(row["PartitionKey"]) for row in rows} - self._indexed.keys()
        buckets = {(name, bucket) for name, bucket in buckets if bucket != WHOLE}
        rows = [{"PartitionKey": _index_of(n), "RowKey": f"{n}.{b}", "bucket": b} for n, b in buckets]
        await self._tables.insert_all(self._table, rows)
        self._indexed |= dict.fromkeys(buckets)
        while len(self._indexed) > REMEMBERED:
            del self._indexed[next(iter(self._indexed))]


def _index_of(name: str) -> str:
    """Partition of the index: one for all lists of a kind, so that those that become known together go in together."""
    return f"{name.partition('-')[0]}.index"


def _list_and_bucket(partition: str) -> tuple[str, str]:
    name, _, bucket = partition.partition(".")
    return name, bucket
