"""A worker that is stopped at its Nth call to storage or to Graph, and another that goes on after it.

Each round begins with the same mailbox and the same rows, so that what is left of it can be compared as it stands.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from azure.data.tables.aio import TableServiceClient

from local.tenant import Tenant
from shared.errors import NotFound
from shared.graph.client import GraphClient
from shared.graph.mailbox import GraphMailbox
from shared.jobs.drain_mailbox import drain_mailbox
from shared.jobs.keep_directory import add_contact
from shared.jobs.ports import World
from shared.jobs.session import Run
from shared.jobs.settle_messages import TRIES
from shared.mail.decision import Policy
from shared.mail.never_log import NeverLog
from shared.settings import Settings, read_settings
from shared.storage.ledger import LISTED_FIRST, TRIES_APART
from shared.storage.runs import LEASE_LASTS
from shared.wiring import Wiring
from tests.jobs.company import SENT, found_company
from tests.jobs.left_behind import Left, Rows, put_back, read_rows, what_is_left
from tests.jobs.mail_of_all_kinds import NEWCOMER, UNMOVABLE, Letter, outcomes_of, places_of, put
from tests.jobs.signed_in import SignedIn, sign_in
from tests.waiting import until
from tests.wire import Cut, Wire

BEFORE = SENT - timedelta(hours=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + 2 * LEASE_LASTS
"""When the lease of a worker that died at NOW has run out."""
MUCH_LATER = NOW + 2 * LISTED_FIRST
"""When what a worker had only announced before it died is forgotten."""
RUNS = 4
"""A worker has done everything after so many runs."""


@dataclass
class Rounds:
    """The same work again and again, each time stopped elsewhere."""

    tenant: Tenant
    letters: Sequence[Letter]
    settings: Settings
    watched: Settings
    """The same world, with `wire` in front of tables and Graph."""
    wire: Wire
    policy: Policy
    signed_in: SignedIn
    service: TableServiceClient
    before: Rows
    changed: Sequence[str] = ()
    """Entries that somebody changes as soon as they are there, and a worker has died."""

    async def stop(self, call: int, where: Cut) -> str:
        """The work, stopped at a call and taken up by another worker. The call, or "" if it ended before."""
        await self._begin()
        self.wire.calls.clear()
        async with self._worker(self.watched, NOW) as worker:
            running = asyncio.create_task(self._drain(worker, self.watched))
            self.wire.cut(call, where, running.cancel)
            while not (await asyncio.wait([running], timeout=0.02))[0]:
                if self.wire.is_cut:
                    running.cancel()  # what it does at its end gets no answer either
            await until(lambda: not self.wire.passing)
        if not self.wire.is_cut:
            assert not running.result().error
            return ""
        last = self.wire.calls[-1]
        self.wire.mend()
        changed = await self._change_entries(())
        async with self._worker(self.settings, LATER) as worker:
            await self._drain_to_the_end(worker)
        await self._change_entries(changed)
        return f"{last.method} {last.url.path}"

    async def count_calls(self) -> int:
        """How many calls the work makes when it is not stopped: one more or less, as they come in any order."""
        assert not await self.stop(sys.maxsize, Cut.BEFORE)
        self.wire.mend()
        return len(self.wire.calls)

    async def clean(self) -> Left:
        """What is left of a run in one piece, when somebody has changed some of its entries."""
        await self._begin()
        async with self._worker(self.settings, NOW) as worker:
            run = await self._drain(worker, self.settings)
        assert not run.error
        assert run.outcomes == outcomes_of(self.letters)
        entries = (await read_rows(self.service, ["interactions"]))["interactions"]
        self.changed = sorted(row["PartitionKey"] + row["RowKey"] for row in entries)[::4]
        await self._change_entries(())
        left = await self.left()
        assert {folder: len(inside) for folder, inside in left.places.items()} == places_of(self.letters)
        return left

    async def left(self) -> Left:
        """What there is now."""
        return await what_is_left(self.service, self.tenant, (NOW, LATER))

    async def _begin(self) -> None:
        put(self.tenant, self.letters)
        await put_back(self.service, self.before)

    @asynccontextmanager
    async def _worker(self, settings: Settings, now: datetime) -> AsyncIterator[World]:
        """One that has just started, and remembers nothing."""
        wiring = Wiring(settings)
        try:
            yield replace(wiring.world, clock=lambda: now)
        finally:
            await wiring.close()

    async def _drain(self, worker: World, settings: Settings) -> Run:
        graph = GraphClient(settings.graph_url, self.signed_in)
        try:
            mailbox = GraphMailbox(graph, self.tenant.logging_mailbox)
            return await drain_mailbox(worker, mailbox, self.policy, timedelta(minutes=4))
        finally:
            await graph.close()

    async def _drain_to_the_end(self, worker: World) -> None:
        address = self.tenant.logging_mailbox
        stuck = sum(one.kind == UNMOVABLE for one in self.letters)
        for _ in range(RUNS):
            run = await self._drain(worker, self.settings)
            if run.error:
                raise run.error
            assert not run.already_running
            waiting = len(self.tenant.exchange.mailbox(address).messages()) - stuck
            if not (waiting or await worker.ledger.open(address, MUCH_LATER)):
                return

    async def _change_entries(self, done: Sequence[str]) -> list[str]:
        """Changes the entries that are there; those in `done` were changed before. Answers with what was changed."""
        changed: list[str] = []
        async with self._worker(self.settings, LATER) as person:
            for number, entry_id in enumerate(self.changed):
                if entry_id in done:
                    continue
                try:
                    entry = await person.interactions.get(entry_id)
                except NotFound:
                    continue
                wanted = replace(entry, evaluation="Positive", canceled=bool(number % 2))
                await person.interactions.change(entry, wanted)
                changed.append(entry_id)
        return changed


@asynccontextmanager
async def rounds_of(
    world: World, tenant: Tenant, environment: Mapping[str, str], letters: Sequence[Letter], batch_size: int
) -> AsyncIterator[Rounds]:
    """The rounds, after the runs that held and failed some of the letters, and after a contact was added."""
    storage, wire = environment["AzureWebJobsStorage"], Wire()
    settings = read_settings(environment)
    setup = replace(await found_company(world, tenant, batch_size=batch_size), enabled_at=BEFORE)
    policy = Policy(setup, NeverLog())
    tenant.knobs.quota = None  # all rounds are one mailbox's: together they ask for more than Exchange allows
    put(tenant, letters, earlier=True)
    for number in range(TRIES - 1):
        mailbox = world.mailboxes.open(tenant.logging_mailbox, setup)
        then = BEFORE + number * TRIES_APART
        assert not (await drain_mailbox(replace(world, clock=lambda t=then: t), mailbox, policy, timedelta(1))).error
    await add_contact(world, NEWCOMER)
    async with (
        wire.to_tables(storage) as tables,
        wire.to(tenant.url) as graph,
        TableServiceClient.from_connection_string(storage) as service,
    ):
        # Plain HTTP: a TLS handshake that is cancelled leaves a socket behind in httpcore.
        watched = replace(settings, storage_connection=tables, graph_url=f"{graph}/v1.0")
        before, signed_in = await read_rows(service), await sign_in(settings, tenant)
        yield Rounds(tenant, letters, settings, watched, wire, policy, signed_in, service, before)
