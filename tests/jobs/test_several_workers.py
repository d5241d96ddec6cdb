"""Workers on several instances of the app, each with a memory of its own, that get in each other's way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables.aio import TableServiceClient

from local.azurite import Azurite
from local.tenant import Tenant
from shared.errors import Conflict
from shared.jobs.drain_mailbox import SETTLING
from shared.jobs.ports import World
from shared.jobs.retry_message import retry_message
from shared.jobs.run_email_logging import run_now
from shared.mail.message_key import digest
from shared.mail.outcome import Outcome
from shared.settings import read_settings
from shared.storage.claims import CLAIM_LASTS
from shared.storage.runs import LEASE_LASTS, TABLE
from shared.storage.tables import Tables
from shared.wiring import Wiring
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.company import ANNA, BEN, CARL, DISA, STRANGER, found_company, letter
from tests.waiting import WITHIN, until

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
MAILS = 40


type Hire = Callable[..., World]
"""Gives another worker; with a connection string, one on that storage."""


@pytest.fixture
async def hire(environment: Mapping[str, str]) -> AsyncIterator[Hire]:
    async with AsyncExitStack() as stack:

        def hire(storage: str = environment["AzureWebJobsStorage"]) -> World:
            wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": storage}))
            stack.push_async_callback(wiring.close)
            return wiring.world

        yield hire


@pytest.fixture
def workers(hire: Hire) -> list[World]:
    return [hire() for _ in range(3)]


async def test_a_lease_is_had_by_one_of_many_who_want_it_at_the_same_moment(workers: list[World]) -> None:
    for number in range(5):
        address = f"log{number}@nordurljos.example"
        leases = await asyncio.gather(*(w.runs.take_lease(address, f"{n}", NOW) for n, w in enumerate(workers)))
        assert sum(lease is not None for lease in leases) == 1


async def test_a_lease_that_was_taken_over_can_neither_be_renewed_nor_released(world: World) -> None:
    address = "log@nordurljos.example"
    first = await world.runs.take_lease(address, "first", NOW)
    assert first
    first = await world.runs.renew_lease(first, NOW + timedelta(seconds=30))
    assert first
    late = NOW + timedelta(seconds=30) + LEASE_LASTS
    assert await world.runs.take_lease(address, "second", late - timedelta(seconds=1)) is None
    assert await world.runs.take_lease(address, "second", late)

    assert await world.runs.renew_lease(first, late) is None
    await world.runs.release_lease(first, late)
    assert await world.runs.take_lease(address, "third", late) is None, "the second has it still"


async def test_a_worker_whose_lease_is_taken_over_stops_and_the_other_does_the_rest(
    world: World, tenant: Tenant, workers: list[World]
) -> None:
    await found_company(world, tenant, batch_size=3)
    _put_letters(tenant)
    first = asyncio.create_task(run_now(workers[0]))
    await until(lambda: tenant.gate.requests["move"] > 3 * SETTLING)  # so the first three are settled

    second, third = (replace(one, clock=lambda: datetime.now(UTC) + LEASE_LASTS) for one in workers[1:])
    rest = await run_now(second)

    handled = (sum((await first).outcomes.values()), sum(rest.outcomes.values()))
    assert +(await run_now(third)).outcomes == {}, "at most plans of the first are left to be closed"
    await _check_that_each_is_logged_once(world, tenant)
    assert all(0 < some < MAILS for some in handled)


async def test_workers_who_believe_that_they_are_alone_log_each_message_once(
    world: World, tenant: Tenant, workers: list[World], storage: str
) -> None:
    await found_company(world, tenant, batch_size=10)
    _put_letters(tenant)
    tenant.knobs.concurrent_per_mailbox = None
    tenant.knobs.latency_ms = 5
    working = [asyncio.create_task(_drain_to_the_end(worker, tenant)) for worker in workers]
    async with TableServiceClient.from_connection_string(storage) as service:
        tables = Tables(service)
        for moves in range(1, MAILS, 4):
            await until(lambda moves=moves: tenant.gate.requests["move"] >= moves)  # type: ignore[misc]
            await tables.delete(TABLE, digest(tenant.logging_mailbox), "lease")
    async with asyncio.timeout(WITHIN):
        await asyncio.gather(*working)

    await _check_that_each_is_logged_once(world, tenant)
    worked = [line for line in (await world.runs.activity(None, 100)).items if line.outcomes]
    assert len(worked) > 1, "several workers had part in it"


async def test_a_copy_of_a_mail_whose_worker_died_before_it_had_a_plan_is_logged_in_its_place(
    world: World, tenant: Tenant
) -> None:
    setup = await found_company(world, tenant)
    inbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    lost = inbox.put(letter(ANNA, CARL))
    read = await world.mailboxes.open(inbox.address, setup).read_message(lost.immutable_id)
    await world.ledger.claim([read], world.clock())
    inbox.purge(lost)
    inbox.put(letter(ANNA, CARL))

    assert ((run := await run_now(world)).left, +run.outcomes) == (1, {})
    later = replace(world, clock=lambda: datetime.now(UTC) + CLAIM_LASTS)
    assert +(await run_now(later)).outcomes == {Outcome.LOGGED: 1}

    assert len(await entries(world)) == 1
    assert len(folders(tenant)["Archive"]) == 1


@pytest.mark.parametrize("count", [2, 8])
async def test_workers_of_whom_none_ever_learns_of_another_log_each_message_once(
    world: World, tenant: Tenant, hire: Hire, azurite: Azurite, count: int
) -> None:
    """Each keeps its leases in a storage account of its own."""
    await found_company(world, tenant, batch_size=10)
    _put_letters(tenant)
    tenant.knobs.concurrent_per_mailbox = None
    workers = [replace(hire(), runs=hire(azurite.account()).runs) for _ in range(count)]

    async with asyncio.timeout(WITHIN):
        runs = await asyncio.gather(*(run_now(worker) for worker in workers))
        # What one claimed and came no further with waits for a while.
        await run_now(replace(world, clock=lambda: datetime.now(UTC) + CLAIM_LASTS))

    await _check_that_each_is_logged_once(world, tenant)
    assert not any(run.already_running for run in runs)
    assert tenant.gate.requests["move"] > MAILS, "they got in each other's way"


async def test_eight_workers_on_several_mailboxes_never_make_more_calls_to_one_than_exchange_allows(
    world: World, tenant: Tenant, hire: Hire
) -> None:
    addresses = [f"log{number}@nordurljos.example" for number in range(3)]
    await found_company(world, tenant, mailboxes=tuple(addresses), batch_size=30)
    names = [f"{number:02d}" for number in range(24)]
    for address in addresses:
        for name in names:
            raw = letter(ANNA, CARL, subject=f"{name} {address}", message_id=f"<{name}.{address}>")
            tenant.exchange.mailbox(address).put(raw)
    tenant.knobs.latency_ms = 400

    async def work(worker: World) -> None:
        while any(tenant.exchange.mailbox(address).messages() for address in addresses):
            await run_now(worker)

    async with asyncio.timeout(WITHIN):
        await asyncio.gather(*(work(hire()) for _ in range(8)))

    assert tenant.gate.refused["concurrency"] == 0
    assert {address: tenant.gate.most_concurrent[address] for address in addresses} == dict.fromkeys(addresses, 4)
    logged = sorted(f"{name} {address}" for name in names for address in addresses)
    assert sorted(entry.subject for entry in await entries(world)) == logged
    assert sorted(row.message.subject for row in await ledger(world)) == logged
    archived = [item.subject for address in addresses for item in tenant.exchange.mailbox(address).messages("Archive")]
    assert sorted(archived) == logged


async def test_nobody_retries_a_message_while_a_run_is_at_work_on_its_mailbox(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(STRANGER, ANNA))
    await run_now(world)
    (row,) = await ledger(world)
    await world.runs.take_lease(tenant.logging_mailbox, "another", world.clock())

    with pytest.raises(Conflict, match="A run is at work on this mailbox"):
        await retry_message(world, row.id)

    assert await ledger(world) == [row]


def _put_letters(tenant: Tenant) -> None:
    """A third each to one contact, to two salespeople, and from a stranger."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for number in range(MAILS):
        sender, to = [(ANNA, (CARL,)), (CARL, (ANNA, BEN)), (STRANGER, (ANNA, DISA))][number % 3]
        mailbox.put(letter(sender, *to, subject=f"{number:02d}", message_id=f"<{number}@many.example>"))


async def _drain_to_the_end(worker: World, tenant: Tenant) -> None:
    """Run after run, until nothing is left to do."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    while mailbox.messages() or await worker.ledger.open(tenant.logging_mailbox, worker.clock()):
        await run_now(worker)


async def _check_that_each_is_logged_once(world: World, tenant: Tenant) -> None:
    logged = [f"{n:02d}" for n in range(MAILS) if n % 3 < 2]
    held = [f"{n:02d}" for n in range(MAILS) if n % 3 == 2]
    assert {name: sorted(inside) for name, inside in folders(tenant).items()} == {"Archive": logged, "Not logged": held}
    rows = await ledger(world)
    outcomes = {row.message.subject: row.decision.outcome for row in rows}
    assert len(rows) == MAILS
    assert outcomes == dict.fromkeys(logged, Outcome.LOGGED) | dict.fromkeys(held, Outcome.UNMATCHED)
    assert await world.ledger.open(tenant.logging_mailbox, world.clock()) == []
    pairs = sorted((e.subject, e.contact_no, e.salesperson_code) for e in await entries(world))
    to_one = [(f"{n:02d}", "CT000002", "AK") for n in range(MAILS) if n % 3 == 0]
    to_two = [(f"{n:02d}", "CT000002", code) for n in range(MAILS) if n % 3 == 1 for code in ("AK", "BW")]
    assert pairs == sorted(to_one + to_two)
