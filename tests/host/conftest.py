"""A storage emulator for the tests of the host."""

import os
from collections.abc import Iterator

import pytest

from local.azurite import Azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    emulator = Azurite(accounts=50)
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def storage(azurite: Azurite) -> str:
    """The connection string of an empty storage account."""
    return azurite.account()


@pytest.fixture
def environment(storage: str) -> dict[str, str]:
    """The environment of a function app."""
    return os.environ | {"AzureWebJobsStorage": storage}
