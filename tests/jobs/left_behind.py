"""All that runs leave, in storage and in the mailbox: to be compared, and put back as it was."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables.aio import TableServiceClient

from local.tenant import Tenant
from shared.storage.keys import newest_first
from tests.jobs.mail_of_all_kinds import places

COMPARED = ("messages", "messageclaims", "messagelists", "interactions", "interactionlists", "heldmessages")
"""What must be the same however a run went."""
_ALL = (*COMPARED, "mailboxes", "activity")

type Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table."""


@dataclass(frozen=True)
class Left:
    """Rows in storage as text, and Internet Message-IDs by folder."""

    rows: frozenset[str]
    places: dict[str, list[str]]

    def differs_from(self, other: "Left") -> list[str]:
        """What one has and the other has not."""
        rows = [f"+ {row}" for row in self.rows - other.rows] + [f"- {row}" for row in other.rows - self.rows]
        return rows if self.places == other.places else [*rows, f"{self.places}", f"{other.places}"]


async def what_is_left(service: TableServiceClient, tenant: Tenant, times: Sequence[datetime]) -> Left:
    """After work that was done at these times, as if it had all been done at the first of them.

    A run that was stopped after it counted a failure has counted it, so how often a message was tried is left out.
    """
    return Left(_as_text(await read_rows(service, COMPARED), times), places(tenant))


async def read_rows(service: TableServiceClient, tables: Sequence[str] = _ALL) -> Rows:
    """Everything in the tables, of which some may not be there yet."""

    async def read(table: str) -> list[Mapping[str, Any]]:
        try:
            return [dict(row) async for row in service.get_table_client(table).list_entities()]
        except ResourceNotFoundError:
            return []

    return dict(zip(tables, await asyncio.gather(*map(read, tables)), strict=True))


async def put_back(service: TableServiceClient, rows: Rows) -> None:
    """Makes the tables hold these rows and no others."""

    async def put(table: str) -> None:
        await service.delete_table(table)
        client = await service.create_table_if_not_exists(table)
        await asyncio.gather(*(client.create_entity(dict(row)) for row in rows[table]))

    await asyncio.gather(*map(put, rows))


def _as_text(rows: Rows, times: Sequence[datetime]) -> frozenset[str]:
    found: set[str] = set()
    first, *later = times
    for table in COMPARED:
        for row in rows[table]:
            text = json.dumps(dict(row), sort_keys=True, default=str, ensure_ascii=False)
            for moment in later:
                text = text.replace(moment.isoformat()[:19], first.isoformat()[:19])
                text = text.replace(newest_first(moment), newest_first(first))
            found.add(f"{table} {_TRIES.sub('tries', text)}")
    return frozenset(found)


_TRIES = re.compile(r'\d+ tries|tries": \d+')
