"""Table Storage reduced to what the product does with it: rows by key, ranges of one partition, transactions.

Nothing here can ask for a predicate on anything but keys. Errors of the service leave as errors of the product.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.errors import Stale
from shared.storage.azure_errors import NOT_AS_WANTED, TransactionRefused, translated
from shared.together import together

type Row = Mapping[str, Any]
"""PartitionKey, RowKey and values; a row that was read has its etag under `etag`."""

TRANSACTION_SIZE = 100
"""Operations in one transaction, at most: the service's limit."""
TRANSACTION_LENGTH = 600_000
"""Characters in one transaction, which may have 4 MiB: in JSON, one can take six bytes."""
CONFLICTS = 3
"""Rows that are there already and are taken out of a transaction of new ones, before each is written by itself."""
CONCURRENT_REQUESTS = 16
"""Requests at a time from one worker. More gains nothing on the service's side of one partition."""


class Tables:
    """The app's tables. Each that is not there is made when it is first touched."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service
        self._clients: dict[str, TableClient] = {}
        self._making = asyncio.Lock()
        self._existing: set[str] = set()
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)

    async def get(self, table: str, partition: str, row: str) -> Row | None:
        """One row, or None."""
        client = await self._client(table)
        with translated():
            async with self._slots:
                try:
                    return _read(await client.get_entity(partition, row))
                except ResourceNotFoundError:
                    return None

    async def get_all(self, table: str, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """Rows by (PartitionKey, RowKey), several at a time; those that do not exist are left out."""
        wanted = list(dict.fromkeys(keys))
        found = await together(self.get(table, *key) for key in wanted)
        return {key: row for key, row in zip(wanted, found, strict=True) if row is not None}

    async def range(
        self, table: str, partition: str, *, after: str = "", below: str = "", limit: int = 1000
    ) -> list[Row]:
        """At most `limit` rows of one partition, in order, with `after` < RowKey < `below` where those are given."""
        client = await self._client(table)
        terms = ["PartitionKey eq @partition"]
        terms += ["RowKey gt @after"] if after else []
        terms += ["RowKey lt @below"] if below else []
        rows: list[Row] = []
        with translated():
            async with self._slots:
                query = client.query_entities(
                    " and ".join(terms),
                    parameters={"partition": partition, "after": after, "below": below},
                    results_per_page=min(limit, 1000),
                )
                async for entity in query:
                    rows.append(_read(entity))
                    if len(rows) == limit:
                        break
        return rows

    async def partition(self, table: str, partition: str, *, after: str = "", below: str = "") -> AsyncIterator[Row]:
        """Every row of one partition, or of its part between the bounds, in order, a range at a time."""
        while rows := await self.range(table, partition, after=after, below=below):
            for row in rows:
                yield row
            after = rows[-1]["RowKey"]

    async def insert(self, table: str, row: Row) -> bool:
        """Writes a new row. False when one with its key is there already; that one is left as it is."""
        return bool(await self._insert(table, row))

    async def put(self, table: str, row: Row) -> None:
        """Writes a row whether or not it is there."""
        client = await self._client(table)
        with translated():
            async with self._slots:
                await client.upsert_entity(_written(row), mode=UpdateMode.REPLACE)

    async def replace(self, table: str, row: Row, etag: str) -> str:
        """Writes a row that still has this etag, and returns the new one. Raises Stale when it has not."""
        client = await self._client(table)
        with translated():
            async with self._slots:
                try:
                    answer = await client.update_entity(
                        _written(row), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
                    )
                except (ResourceModifiedError, ResourceNotFoundError) as error:
                    raise Stale from error
        return str(answer["etag"])

    async def delete(self, table: str, partition: str, row: str, etag: str | None = None) -> None:
        """Removes a row; one that is not there is fine. With an etag, raises Stale when the row has another."""
        client = await self._client(table)
        condition = MatchConditions.IfNotModified if etag else None
        with translated():
            async with self._slots:
                try:
                    await client.delete_entity(partition, row, etag=etag, match_condition=condition)
                except ResourceModifiedError as error:
                    raise Stale from error

    async def insert_all(self, table: str, rows: Iterable[Row]) -> dict[tuple[str, str], str]:
        """Writes new rows, those of a partition in as few transactions as can be.

        Returns the etags of those that were written, by key. Rows that were there already are left as they are.
        """
        written = await together(self._insert_group(table, group) for group in _groups(rows))
        return {key: etag for group in written for key, etag in group.items()}

    async def replace_all(self, table: str, rows: Iterable[Row]) -> dict[tuple[str, str], str]:
        """Writes rows that still have the etags that they carry. Returns the new etags of those, by key."""
        written = await together(self._replace_group(table, group) for group in _groups(rows))
        return {key: etag for group in written for key, etag in group.items()}

    async def replace_and_insert(self, table: str, row: Row, etag: str, new: Row) -> str:
        """Writes a row that still has this etag and a new one of its partition, both or neither. Returns the etag.

        Raises Stale when the one has not, or the other is there already.
        """
        try:
            return (await self._transact(table, [("update", {**row, "etag": etag}), ("create", new)]))[0]
        except TransactionRefused as refusal:
            raise Stale from refusal

    async def put_all(self, table: str, rows: Iterable[Row]) -> None:
        """Writes rows whether or not they are there, those of a partition in as few transactions as can be."""
        await together(self._put_group(table, group) for group in _groups(rows))

    async def delete_all(self, table: str, keys: Iterable[tuple[str, str]]) -> None:
        """Removes rows; those that are not there are fine."""
        rows = [{"PartitionKey": partition, "RowKey": row} for partition, row in keys]
        await together(self._delete_group(table, group) for group in _groups(rows))

    async def _insert(self, table: str, row: Row) -> str:
        """The new row's etag, or "" when one was there."""
        client = await self._client(table)
        with translated():
            async with self._slots:
                try:
                    return str((await client.create_entity(_written(row)))["etag"])
                except ResourceExistsError:
                    return ""

    async def _put_group(self, table: str, group: Sequence[Row]) -> None:
        if len(group) > 1:
            await self._transact(table, [("upsert", row) for row in group])
        else:
            await self.put(table, group[0])

    async def _insert_group(self, table: str, group: Sequence[Row]) -> dict[tuple[str, str], str]:
        rest = list(group)
        for _ in range(CONFLICTS):
            if len(rest) > 1:
                try:
                    etags = await self._transact(table, [("create", row) for row in rest])
                    return dict(zip(map(_key, rest), etags, strict=True))
                except TransactionRefused as refusal:
                    del rest[refusal.index]  # it is there already
        inserted = await together(self._insert(table, row) for row in rest)
        return {_key(row): etag for row, etag in zip(rest, inserted, strict=True) if etag}

    async def _replace_group(self, table: str, group: Sequence[Row]) -> dict[tuple[str, str], str]:
        if len(group) > 1:
            with suppress(TransactionRefused):
                etags = await self._transact(table, [("update", row) for row in group])
                return dict(zip(map(_key, group), etags, strict=True))
        replaced = await together(self._replaced(table, row) for row in group)
        return {_key(row): etag for row, etag in zip(group, replaced, strict=True) if etag}

    async def _replaced(self, table: str, row: Row) -> str:
        """The row's new etag, or "" when somebody else has changed it."""
        try:
            return await self.replace(table, row, row["etag"])
        except Stale:
            return ""

    async def _delete_group(self, table: str, group: Sequence[Row]) -> None:
        if len(group) > 1:
            with suppress(TransactionRefused):
                await self._transact(table, [("delete", row) for row in group])
                return
        await together(self.delete(table, *_key(row)) for row in group)

    async def _transact(self, table: str, operations: Sequence[tuple[str, Row]]) -> list[str]:
        """The etags that the rows have now. Raises TransactionRefused where a row is not as its operation wants it."""
        client = await self._client(table)
        with translated():
            async with self._slots:
                try:
                    done = await client.submit_transaction(
                        [(operation, _written(row), _condition(operation, row)) for operation, row in operations]
                    )
                except TableTransactionError as error:
                    # The SDK has one class for whatever makes a transaction fail; only its code tells the causes apart.
                    if getattr(error, "error_code", None) in NOT_AS_WANTED:
                        raise TransactionRefused(error.index) from error
                    raise
        return [str(answer.get("etag", "")) for answer in done]

    async def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            async with self._making:
                if table not in self._clients:  # those who waited find it made
                    with translated():
                        await self._make(table)
        return self._clients[table]

    async def _make(self, table: str) -> None:
        if not self._existing:
            self._existing = {found.name async for found in self._service.list_tables()}
        if table not in self._existing:
            await self._service.create_table_if_not_exists(table)
        self._clients[table] = self._service.get_table_client(table)


def _condition(operation: str, row: Row) -> dict[str, Any]:
    match operation:
        case "upsert":
            return {"mode": UpdateMode.REPLACE}
        case "update":
            unchanged = {"etag": row["etag"], "match_condition": MatchConditions.IfNotModified}
            return {"mode": UpdateMode.REPLACE, **unchanged}
        case _:
            return {}


def _groups(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Rows of one partition together, as many as a transaction takes; of two with the same key, the last."""
    partitions: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        partitions[row["PartitionKey"]][row["RowKey"]] = row
    for partition in partitions.values():
        group: list[Row] = []
        length = 0
        for row in partition.values():
            letters = sum(len(value) for value in row.values() if isinstance(value, str | bytes))
            if group and (len(group) == TRANSACTION_SIZE or length + letters > TRANSACTION_LENGTH):
                yield group
                group, length = [], 0
            group.append(row)
            length += letters
        yield group


def _key(row: Row) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def _read(entity: Any) -> Row:
    return {**entity, "etag": entity.metadata["etag"]}


def _written(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "etag" and value is not None}
