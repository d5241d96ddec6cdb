"""What the tests stand on: real storage (Azurite), the tenant in a box, and the product wired to both by settings."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from local.certificates import certificates_in

CERTIFICATES = Path(__file__).parent.parent / ".local" / "test-certificates"
# Before anything else is imported: aiohttp reads whom to trust when it is loaded, and never again.
for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
    os.environ[name] = str(certificates_in(CERTIFICATES).authority)
os.environ.pop("SSL_CERT_DIR", None)

from local.azurite import Azurite  # noqa: E402
from local.tenant import Tenant  # noqa: E402
from shared.jobs.ports import World  # noqa: E402
from shared.settings import read_settings  # noqa: E402
from shared.wiring import Wiring  # noqa: E402

DOMAIN = "nordurljos.example"
LOGGING_MAILBOX = f"log@{DOMAIN}"


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    running = Azurite(accounts=600)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def storage(azurite: Azurite) -> str:
    """Connection string of a storage account that is this test's alone, and empty."""
    return azurite.account()


@pytest.fixture(scope="session")
def certificates() -> Path:
    return CERTIFICATES


@pytest.fixture
def tenant(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """A Microsoft 365 tenant of its own, trusted by the SDKs because the environment says so."""
    with Tenant(DOMAIN, LOGGING_MAILBOX, certificates) as running:
        for name, value in running.settings().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def environment(tenant: Tenant, storage: str) -> Mapping[str, str]:
    """The settings of an app that uses this tenant and this storage."""
    return {**os.environ, **tenant.settings(), "AzureWebJobsStorage": storage}


@pytest.fixture
async def wiring(environment: Mapping[str, str]) -> AsyncIterator[Wiring]:
    wired = Wiring(read_settings(environment))
    yield wired
    await wired.close()


@pytest.fixture
def world(wiring: Wiring) -> World:
    return wiring.world
