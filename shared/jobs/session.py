"""One worker's time with a mailbox: it has the lease, keeps it while it works, and gives it back."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import LeaseLost, ProductError, StorageUnavailable
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.mail.decision import Policy
from shared.mail.outcome import Outcome
from shared.mail.runs import Lease

FINISHING = timedelta(seconds=15)
"""How long messages are still moved after the time is up: what was begun is finished, where that is soon done."""
RENEWALS = 3
"""How often a lease is renewed in the time that it lasts."""
CLOCKS_DIFFER = timedelta(seconds=2)
"""How far the clocks of two instances may be apart."""


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
    ends_at: datetime
    """When its time is up."""
    looked_at: datetime
    """When it began to look for new mail, for the last time."""
    asked_at: datetime
    """When it last looked whether logging is enabled."""
    lease: Lease
    is_lost: bool = False
    """Another worker has taken over."""
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def renew(self) -> None:
        """Raises LeaseLost when another worker has taken over: because this one stood still for too long."""
        async with self._renewing:
            renewed = await self.world.runs.renew_lease(self.lease, self.world.clock())
            if renewed is None:
                self.is_lost = True
                raise LeaseLost("Another worker has taken the mailbox over.")
            self.lease = renewed

    def may_move(self) -> bool:
        """Whether there is time to move another message. Raises LeaseLost."""
        if self.is_lost:
            raise LeaseLost("Another worker has taken the mailbox over.")
        return self.world.clock() < self.ends_at + FINISHING

    async def keep(self) -> None:
        """Renews the lease again and again, so that waiting for Exchange does not lose it. Ends when it is lost."""
        lasts = (self.lease.until - self.world.clock()).total_seconds()
        with suppress(LeaseLost):
            while not await self._is_over_within(lasts / RENEWALS):
                with suppress(StorageUnavailable):
                    await self.renew()

    async def end(self) -> None:
        """Lets the next worker in at once, and asks for one where somebody knocked and may have news."""
        self._over.set()
        async with self._renewing:
            pass  # a renewal that is under way changes the lease that is to be released
        with suppress(StorageUnavailable):  # then the next one waits until the lease runs out, and the timer asks
            await self.world.runs.release_lease(self.lease, self.world.clock())
            knocked = await self.world.runs.last_knock(self.mailbox.address)
            if knocked and knocked > self.looked_at - CLOCKS_DIFFER:
                await self.world.hints.drain_mailbox(self.mailbox.address)

    async def _is_over_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def open_session(
    world: World, mailbox: Mailbox, policy: Policy, run: Run, budget: timedelta
) -> AsyncIterator[Session | None]:
    """A session with the mailbox, or None when another worker has one. What is done is noted in `run`.

    Who is not let in knocks, and the other asks for a run when it leaves: it may have looked before the news came.
    """
    now = world.clock()
    lease = await _take_lease(world, mailbox, now)
    if lease is None:
        yield None
        return
    session = Session(world, mailbox, policy, run, now + budget, now, now, lease)
    keeping = asyncio.create_task(session.keep())
    try:
        yield session
    finally:
        await session.end()
        await keeping


async def _take_lease(world: World, mailbox: Mailbox, now: datetime) -> Lease | None:
    owner = uuid.uuid4().hex
    if lease := await world.runs.take_lease(mailbox.address, owner, now):
        return lease
    await world.runs.knock(mailbox.address, now)
    # The other may have left just before we knocked.
    return await world.runs.take_lease(mailbox.address, owner, world.clock())
