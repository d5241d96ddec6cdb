"""One worker's time with a mailbox: it has the lease, keeps it while it works, and gives it back."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import LeaseLost, ProductError, StorageUnavailable
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.mail.decision import Policy
from shared.mail.outcome import Outcome
from shared.mail.runs import Lease

RENEWALS = 3
"""How often a lease is renewed in the time that it lasts."""


@dataclass(slots=True)
class Run:
    """What a run came to, or has come to so far."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    left: int = 0
    """Messages that could not be handled now, and wait for a later run where they are."""
    more: bool = False
    """The time was up before everything was done."""
    already_running: bool = False
    error: ProductError | None = None
    swept_until: datetime | None = None


@dataclass(slots=True)
class Session:
    """What every step of the work on a mailbox needs."""

    world: World
    mailbox: Mailbox
    policy: Policy
    run: Run
    _lease: Lease
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def renew(self) -> None:
        """Raises LeaseLost when another worker has taken over: because this one stood still for too long."""
        async with self._renewing:
            renewed = await self.world.runs.renew_lease(self._lease, self.world.clock())
            if renewed is None:
                raise LeaseLost("Another worker has taken the mailbox over.")
            self._lease = renewed

    async def keep(self) -> None:
        """Renews the lease again and again, so that waiting for Exchange does not lose it. Ends when it is lost."""
        lasts = (self._lease.until - self.world.clock()).total_seconds()
        with suppress(LeaseLost):
            while True:
                await asyncio.sleep(lasts / RENEWALS)
                with suppress(StorageUnavailable):
                    await self.renew()

    async def end(self) -> None:
        """Lets the next worker in at once."""
        with suppress(StorageUnavailable):  # then it waits until the lease runs out
            await self.world.runs.release_lease(self._lease, self.world.clock())


@asynccontextmanager
async def open_session(world: World, mailbox: Mailbox, policy: Policy, run: Run) -> AsyncIterator[Session | None]:
    """A session with the mailbox, or None when another worker has one. What is done is noted in `run`."""
    lease = await world.runs.take_lease(mailbox.address, uuid.uuid4().hex, world.clock())
    if lease is None:
        yield None
        return
    session = Session(world, mailbox, policy, run, lease)
    keeping = asyncio.create_task(session.keep())
    try:
        yield session
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await session.end()
