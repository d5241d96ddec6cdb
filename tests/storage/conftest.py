"""Tables of an empty account, and a world whose storage is behind a wire."""

from collections.abc import AsyncIterator, Mapping

import pytest
from azure.data.tables.aio import TableServiceClient

from shared.jobs.ports import World
from shared.settings import read_settings
from shared.storage.tables import Tables
from shared.wiring import Wiring
from tests.wire import Wire


@pytest.fixture
async def tables(storage: str) -> AsyncIterator[Tables]:
    async with TableServiceClient.from_connection_string(storage) as service:
        yield Tables(service)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def watched(wire: Wire, environment: Mapping[str, str]) -> AsyncIterator[World]:
    """The world, with `wire` in front of its tables."""
    async with wire.to_tables(environment["AzureWebJobsStorage"]) as storage:
        wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": storage}))
        yield wiring.world
        await wiring.close()
