"""A world whose tables are behind a wire."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from shared.jobs.ports import World
from shared.settings import read_settings
from shared.wiring import Wiring
from tests.jobs.stopped_work import NOW
from tests.wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def watched(wire: Wire, environment: Mapping[str, str]) -> AsyncIterator[World]:
    """The world, with `wire` in front of its tables."""
    async with wire.to_tables(environment["AzureWebJobsStorage"]) as storage:
        wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": storage}))
        yield replace(wiring.world, clock=lambda: NOW)
        await wiring.close()
