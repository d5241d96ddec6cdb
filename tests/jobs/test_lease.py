"""Two workers on one mailbox: one works, and if both do, every message is still logged once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

from local.tenant import Tenant
from shared.jobs.ports import World
from shared.jobs.run_email_logging import policy_of, run_now
from shared.jobs.session import CLOCKS_DIFFER, Run, open_session
from shared.mail.outcome import Outcome
from shared.storage.runs import LEASE_LASTS
from tests.jobs.aftermath import entries, folders, ledger, notes
from tests.jobs.company import ANNA, CARL, found_company, letter
from tests.waiting import until

NAMES = [f"{number:02d}" for number in range(12)]


def put_letters(tenant: Tenant) -> None:
    for name in NAMES:
        raw = letter(ANNA, CARL, subject=name, message_id=f"<{name}@x.example>")
        tenant.exchange.mailbox(tenant.logging_mailbox).put(raw)


async def check_that_each_is_logged_once(world: World, tenant: Tenant) -> None:
    assert {name: sorted(inside) for name, inside in folders(tenant).items()} == {"Archive": NAMES}
    assert sorted(entry.subject for entry in await entries(world)) == NAMES
    rows = await ledger(world)
    assert sorted(row.message.subject for row in rows) == NAMES
    assert {row.decision.outcome for row in rows} == {Outcome.LOGGED}


async def test_a_second_worker_leaves_the_mailbox_to_the_first(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    lease = await world.runs.take_lease(tenant.logging_mailbox, "somebody", world.clock())
    assert lease

    second = await run_now(world)
    assert (second.already_running, +second.outcomes) == (True, {})
    assert len(folders(tenant)["Inbox"]) == len(NAMES)

    await world.runs.release_lease(lease, world.clock())
    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 12}
    await check_that_each_is_logged_once(world, tenant)


async def test_the_lease_of_a_worker_that_died_is_taken_over_when_it_ends(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    dead = await world.runs.take_lease(tenant.logging_mailbox, "dead", world.clock())
    assert dead
    assert (await run_now(world)).already_running

    later = replace(world, clock=lambda: datetime.now(UTC) + LEASE_LASTS + timedelta(seconds=1))
    assert (await run_now(later)).outcomes == {Outcome.LOGGED: 12}

    assert await world.runs.renew_lease(dead, world.clock()) is None, "and the dead one has it no more"
    await check_that_each_is_logged_once(world, tenant)


async def test_only_one_of_two_workers_at_the_same_moment_gets_the_mailbox(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_letters(tenant)

    runs = await asyncio.gather(run_now(world), run_now(world), run_now(world))

    assert [run.already_running for run in runs].count(True) <= 2
    assert sum(run.outcomes[Outcome.LOGGED] for run in runs) == 12
    await check_that_each_is_logged_once(world, tenant)


async def test_two_workers_whose_leases_overlap_log_everything_once(world: World, tenant: Tenant) -> None:
    """The second believes that it is an hour later, and so that the lease of the first has ended."""
    await found_company(world, tenant, batch_size=3)
    put_letters(tenant)
    hasty = replace(world, clock=lambda: datetime.now(UTC) + timedelta(hours=1))

    await asyncio.gather(run_now(world), run_now(hasty))
    await run_now(replace(world, clock=lambda: datetime.now(UTC) + timedelta(hours=2)))

    await check_that_each_is_logged_once(world, tenant)


async def test_who_is_not_let_in_is_remembered_by_who_is_at_work(world: World, tenant: Tenant, storage: str) -> None:
    setup = await found_company(world, tenant)
    mailbox = world.mailboxes.open(tenant.logging_mailbox, setup)
    policy = await policy_of(world, setup)

    async with open_session(world, mailbox, policy, Run(), timedelta(minutes=4)) as session:
        assert session
        await run_now(world)
        assert await notes(storage) == []
    assert await notes(storage) == [tenant.logging_mailbox], "news may have come after it looked"

    async with open_session(world, mailbox, policy, Run(), timedelta(minutes=4)) as session:
        assert session
        await run_now(world)
        session.looked_at = world.clock() + 2 * CLOCKS_DIFFER
    assert await notes(storage) == [], "it looked after that"


async def test_a_lease_is_kept_while_its_worker_waits_for_exchange(world: World, tenant: Tenant) -> None:
    setup = await found_company(world, tenant)
    mailbox = world.mailboxes.open(tenant.logging_mailbox, setup)
    policy = await policy_of(world, setup)
    began = datetime.now(UTC)
    nearly_over = began + LEASE_LASTS - timedelta(seconds=0.3)
    times = chain([began], repeat(nearly_over))

    async with open_session(
        replace(world, clock=lambda: next(times)), mailbox, policy, Run(), timedelta(minutes=4)
    ) as session:
        assert session
        assert session.lease.until == began + LEASE_LASTS
        await until(lambda: session.lease.until == nearly_over + LEASE_LASTS)
        after_the_first = began + LEASE_LASTS + timedelta(seconds=1)
        assert await world.runs.take_lease(tenant.logging_mailbox, "impatient", after_the_first) is None
