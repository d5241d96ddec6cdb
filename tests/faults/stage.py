"""Where schedules are played: one tenant, one Azurite, one wire before both, and an event loop with short seconds."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from yarl import URL

from local.azurite import Azurite
from local.tenant import Tenant
from shared.jobs.mail_ports import Mailboxes
from shared.jobs.ports import World
from shared.mail.setup import EmailLoggingSetup
from shared.settings import Settings, read_settings
from shared.wiring import Wiring
from tests.faults.hasty_loop import HastyLoop
from tests.wire import TABLES, Wire

DOMAIN = "nordurljos.example"
WORKERS = 2
"""At most, at the same time."""
ACCOUNTS_OF_A_SCHEDULE = 2
"""Storage accounts: the company's, and one in which the second worker keeps its leases."""


class Stage:
    """Stays for many schedules; each has a mailbox and storage of its own."""

    def __init__(self, azurite: Azurite, certificates: Path) -> None:
        self.azurite = azurite
        self.tenant = Tenant(DOMAIN, f"log@{DOMAIN}", certificates)
        self.wire = Wire()
        self.later = timedelta()
        """How much later it is on this stage than elsewhere."""
        self._runner = asyncio.Runner(loop_factory=HastyLoop)
        self._open = AsyncExitStack()
        self._schedules = 0
        self._mailboxes: list[Mailboxes] = []

    def __enter__(self) -> Self:
        knobs = self.tenant.knobs
        knobs.clock = self.now
        knobs.concurrent_per_mailbox = knobs.quota = None
        knobs.token_lifetime_seconds = 10**8
        self.tenant.start()
        self.do(self._set_up())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self._open.aclose())
        self._runner.close()
        self.tenant.stop()

    def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Does it in the stage's loop."""
        return self._runner.run(work)

    def now(self) -> datetime:
        """What time it is, for the tenant as for the workers."""
        return datetime.now(UTC) + self.later

    def address(self) -> str:
        """A mailbox that nobody has used yet."""
        self._schedules += 1
        address = f"log{self._schedules}@{DOMAIN}"
        self.tenant.exchange.mailbox(address)
        return address

    @asynccontextmanager
    async def world(self, storage: str, worker: int | None = None) -> AsyncIterator[World]:
        """The product on a storage account: a worker's, behind the wire, or one that nothing happens to."""
        connection = storage if worker is None else self._through_wire(storage)
        wiring = Wiring(self._settings(connection))
        try:
            yield replace(wiring.world, clock=self.now, mailboxes=self._mailboxes[worker or 0])
        finally:
            await wiring.close()

    async def _set_up(self) -> None:
        """Workers stay signed in from one schedule to the next: signing in is not what is tried here."""
        graph = await self._open.enter_async_context(self.wire.to(self.tenant.url))
        storage = self.azurite.account()
        self._tables = storage, await self._open.enter_async_context(self.wire.to_tables(storage))
        setup = EmailLoggingSetup(client_id=self.tenant.client_id)
        with pytest.MonkeyPatch.context() as environment:
            for name, value in self.tenant.settings().items():
                environment.setenv(name, value)
            for _ in range(WORKERS):
                wiring = Wiring(replace(self._settings(storage), graph_url=f"{graph}/v1.0"))
                self._open.push_async_callback(wiring.close)
                self._mailboxes.append(wiring.world.mailboxes)
                await wiring.world.mailboxes.open(self.tenant.logging_mailbox, setup).waiting()

    def _settings(self, storage: str) -> Settings:
        return read_settings({**os.environ, **self.tenant.settings(), "AzureWebJobsStorage": storage})

    def _through_wire(self, storage: str) -> str:
        """All accounts have their tables at one service."""
        service, wired = (URL(TABLES.search(one)[1]).origin() for one in self._tables)  # type: ignore[index]
        return storage.replace(f"TableEndpoint={service}", f"TableEndpoint={wired}")
