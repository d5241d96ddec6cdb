"""Table Storage reduced to what the product does with it: rows by key, ranges of one partition, transactions.

Nothing here can ask for a predicate on anything but keys. Errors of the service leave as errors of the product.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.errors import RowRefused, Stale, StorageUnavailable
from shared.together import together

type Row = Mapping[str, Any]
"""PartitionKey, RowKey and values; a row that was read has its etag under `etag`."""

TRANSACTION_SIZE = 100
"""Operations in one transaction, at most: the service's limit."""
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
        with _translated():
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
        with _translated():
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
        client = await self._client(table)
        with _translated():
            async with self._slots:
                try:
                    await client.create_entity(_written(row))
                except ResourceExistsError:
                    return False
        return True

    async def put(self, table: str, row: Row) -> None:
        """Writes a row whether or not it is there."""
        client = await self._client(table)
        with _translated():
            async with self._slots:
                await client.upsert_entity(_written(row), mode=UpdateMode.REPLACE)

    async def replace(self, table: str, row: Row, etag: str) -> str:
        """Writes a row that still has this etag, and returns the new one. Raises Stale when it has not."""
        client = await self._client(table)
        with _translated():
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
        with _translated():
            async with self._slots:
                try:
                    await client.delete_entity(partition, row, etag=etag, match_condition=condition)
                except ResourceModifiedError as error:
                    raise Stale from error

    async def insert_all(self, table: str, rows: Iterable[Row]) -> set[tuple[str, str]]:
        """Writes new rows, those of a partition in as few transactions as can be.

        Returns the keys that were there already; those rows are left as they are.
        """
        existing = await together(self._insert_group(table, group) for group in _groups(rows))
        return set().union(*existing)

    async def put_all(self, table: str, rows: Iterable[Row]) -> None:
        """Writes rows whether or not they are there, those of a partition in as few transactions as can be."""
        await together(
            self._transact(table, "upsert", group) if len(group) > 1 else self.put(table, group[0])
            for group in _groups(rows)
        )

    async def delete_all(self, table: str, keys: Iterable[tuple[str, str]]) -> None:
        """Removes rows; those that are not there are fine."""
        rows = [{"PartitionKey": partition, "RowKey": row} for partition, row in keys]
        await together(self._delete_group(table, group) for group in _groups(rows))

    async def _insert_group(self, table: str, group: Sequence[Row]) -> set[tuple[str, str]]:
        if len(group) > 1:
            try:
                await self._transact(table, "create", group)
            except ResourceExistsError:
                pass
            else:
                return set()
        inserted = await together(self.insert(table, row) for row in group)
        return {_key(row) for row, is_new in zip(group, inserted, strict=True) if not is_new}

    async def _delete_group(self, table: str, group: Sequence[Row]) -> None:
        if len(group) > 1:
            try:
                await self._transact(table, "delete", group)
            except ResourceNotFoundError:
                pass
            else:
                return
        await together(self.delete(table, *_key(row)) for row in group)

    async def _transact(self, table: str, operation: str, group: Sequence[Row]) -> None:
        client = await self._client(table)
        mode = {"mode": UpdateMode.REPLACE} if operation == "upsert" else {}
        with _translated():
            async with self._slots:
                try:
                    await client.submit_transaction([(operation, _written(row), mode) for row in group])
                except TableTransactionError as error:
                    # The SDK has one class for whatever makes a transaction fail. Callers expect these two apart.
                    code = getattr(error, "error_code", None)
                    if code == "EntityAlreadyExists":
                        raise ResourceExistsError(message=error.message) from error
                    if code in {"ResourceNotFound", "EntityDoesNotExist"}:
                        raise ResourceNotFoundError(message=error.message) from error
                    raise

    async def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            async with self._making:
                if table not in self._clients:  # those who waited find it made
                    with _translated():
                        await self._make(table)
        return self._clients[table]

    async def _make(self, table: str) -> None:
        if not self._existing:
            self._existing = {found.name async for found in self._service.list_tables()}
        if table not in self._existing:
            await self._service.create_table_if_not_exists(table)
        self._clients[table] = self._service.get_table_client(table)


def _groups(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Rows of one partition together, as many as a transaction takes; of two with the same key, the last."""
    partitions: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        partitions[row["PartitionKey"]][row["RowKey"]] = row
    for partition in partitions.values():
        yield from batched(partition.values(), TRANSACTION_SIZE, strict=False)


def _key(row: Row) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def _read(entity: Any) -> Row:
    return {**entity, "etag": entity.metadata["etag"]}


def _written(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "etag" and value is not None}


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the SDK's errors into the product's. Those that callers tell apart have been taken before."""
    try:
        yield
    except (ResourceExistsError, ResourceNotFoundError):
        raise
    except (ServiceRequestError, ServiceResponseError) as error:
        raise StorageUnavailable("Table Storage cannot be reached.") from error
    except HttpResponseError as error:
        if error.status_code in {400, 413}:
            code = getattr(error, "error_code", None) or error.status_code
            raise RowRefused(f"Table Storage refused a row ({code}).") from error
        raise StorageUnavailable(f"Table Storage answered with an error ({error.status_code}).") from error
    except AzureError as error:
        raise StorageUnavailable("Table Storage could not be used.") from error
