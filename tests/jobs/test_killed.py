"""Worker processes are killed, again and again, until one comes to the end: what is left is as if none had died."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from azure.data.tables.aio import TableServiceClient

from local.azurite import Azurite
from local.tenant import Tenant
from shared.settings import read_settings
from shared.storage.ledger import LISTED_FIRST
from shared.storage.runs import LEASE_LASTS
from shared.wiring import Wiring
from tests.jobs.company import SENT, found_company
from tests.jobs.left_behind import Left, what_is_left
from tests.jobs.mail_of_all_kinds import EARLIER, KINDS, Letter, mails, put
from tests.proof import ROOT, seed
from tests.waiting import until

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
MIXED = [kind for kind in KINDS if kind not in EARLIER]
"""Kinds that need no earlier run."""


async def test_workers_that_are_killed_at_random_moments_leave_what_one_leaves(
    tenant: Tenant, environment: Mapping[str, str], azurite: Azurite
) -> None:
    await _prove(tenant, environment, azurite.account(), mails(MIXED, 5, seed=3), kills=3)


@pytest.mark.proof
async def test_workers_that_are_killed_in_the_midst_of_thousands_leave_what_one_leaves(
    tenant: Tenant, environment: Mapping[str, str], azurite: Azurite
) -> None:
    await _prove(tenant, environment, azurite.account(), mails(MIXED, 167, seed=seed()), kills=25)


async def _prove(
    tenant: Tenant, environment: Mapping[str, str], other_storage: str, letters: Sequence[Letter], kills: int
) -> None:
    times = [NOW + number * 2 * LEASE_LASTS for number in range(kills + 1)]
    clean = await _drain(tenant, environment, letters, times[:1])
    killed = await _drain(tenant, {**environment, "AzureWebJobsStorage": other_storage}, letters, times)
    assert clean.places.keys() == {"Archive", "Not logged"}
    assert killed.differs_from(clean) == []


async def _drain(
    tenant: Tenant, environment: Mapping[str, str], letters: Sequence[Letter], times: Sequence[datetime]
) -> Left:
    """What workers leave who begin at these times, all but the last of whom are killed."""
    put(tenant, letters)
    await _found(tenant, environment)
    inbox = tenant.exchange.mailbox(tenant.logging_mailbox).folders["Inbox"]
    waiting = len(inbox.items())
    chance = random.Random(seed())
    moments = sorted(chance.sample(range(1, waiting), len(times) - 1))
    for now, moved in zip(times[:-1], moments, strict=True):
        worker = await _worker(environment, now)
        await until(lambda moved=moved: waiting - len(inbox.items()) >= moved)  # type: ignore[misc]
        await asyncio.sleep(chance.uniform(0, 0.05))  # a moment, or it would always be just after a move
        worker.kill()
        assert await worker.wait() == -signal.SIGKILL, "it had come to the end by then"
        print(f"killed a worker after {waiting - len(inbox.items())} of {waiting}", flush=True)
    assert await (await _worker(environment, times[-1])).wait() == 0
    wiring = Wiring(read_settings(environment))
    assert await wiring.world.ledger.open(tenant.logging_mailbox, times[-1] + 2 * LISTED_FIRST) == []
    await wiring.close()
    async with TableServiceClient.from_connection_string(environment["AzureWebJobsStorage"]) as service:
        return await what_is_left(service, tenant, times)


async def _found(tenant: Tenant, environment: Mapping[str, str]) -> None:
    wiring = Wiring(read_settings(environment))
    await found_company(replace(wiring.world, clock=lambda: SENT), tenant, batch_size=50)
    await wiring.close()


async def _worker(environment: Mapping[str, str], now: datetime) -> Process:
    command = [sys.executable, "-m", "tests.jobs.worker_process", now.isoformat()]
    worker = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=PIPE)
    assert worker.stdout
    await worker.stdout.readline()
    return worker
