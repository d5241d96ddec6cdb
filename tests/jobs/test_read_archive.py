"""What was in Archive before logging was enabled is read back when somebody asks for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from local.tenant import Tenant
from shared.errors import Conflict, Invalid
from shared.jobs.change_setup import disable
from shared.jobs.ports import World
from shared.jobs.read_archive import SLICE, begin_reading_archive
from shared.jobs.run_email_logging import run_now
from shared.jobs.settle_messages import TRIES
from shared.mail.outcome import Outcome
from shared.sales.background_job import JobState
from shared.storage.ledger import TRIES_APART
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.clock import Clock
from tests.jobs.company import ANNA, CARL, SENT, STRANGER, found_company, letter

NAMES = [f"{number:02d}" for number in range(10)]


def put_in_archive(tenant: Tenant) -> None:
    """One a day; each fifth is from a stranger."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for number, name in enumerate(NAMES):
        sender = STRANGER if number % 5 == 0 else CARL
        raw = letter(sender, ANNA, subject=name, message_id=f"<{name}@old.example>")
        mailbox.put(raw, "Archive", received_at=SENT + timedelta(days=number))


async def test_what_nobody_logged_is_logged_with_its_time_and_the_rest_leaves_archive(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant, batch_size=3)
    put_in_archive(tenant)
    assert +(await run_now(world)).outcomes == {}, "nobody asked"

    begun = await begin_reading_archive(world, tenant.logging_mailbox, None)
    assert (begun.state, begun.done, begun.total) == (JobState.RUNNING, 0, 10)
    assert +(await run_now(world)).outcomes == {Outcome.LOGGED: 8, Outcome.UNMATCHED: 2}

    job = await world.background_jobs.get(begun.id)
    assert (job.state, job.done, job.total, dict(job.counts)) == (JobState.DONE, 10, 10, {"new": 10})
    strangers = ["00", "05"]
    assert folders(tenant) == {"Archive": [n for n in NAMES if n not in strangers], "Not logged": strangers}
    times = {entry.subject: entry.occurred_at for entry in await entries(world)}
    assert times == {n: SENT + timedelta(days=int(n)) for n in NAMES if n not in strangers}

    again = await begin_reading_archive(world, tenant.logging_mailbox, None)
    assert +(await run_now(world)).outcomes == {}
    job = await world.background_jobs.get(again.id)
    assert (job.state, job.total, dict(job.counts)) == (JobState.DONE, 8, {"new": 0})


async def test_it_can_begin_on_a_day_and_never_goes_beyond_the_moment_of_enabling(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_in_archive(tenant)
    raw = letter(CARL, ANNA, subject="new", message_id="<new@x.example>")
    tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, "Archive")

    job = await begin_reading_archive(world, tenant.logging_mailbox, date(2026, 11, 9))

    assert job.total == 3
    assert +(await run_now(world)).outcomes == {Outcome.LOGGED: 4}
    assert sorted(entry.subject for entry in await entries(world)) == ["07", "08", "09", "new"]


async def test_it_is_read_in_slices_and_new_mail_comes_first(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, batch_size=2)
    put_in_archive(tenant)
    begun = await begin_reading_archive(world, tenant.logging_mailbox, None)
    tick = count()
    slow = replace(world, clock=lambda: datetime.now(UTC) + SLICE / 10 * next(tick))
    seen = [0]
    while (await world.background_jobs.get(begun.id)).state is JobState.RUNNING and len(seen) <= len(NAMES):
        raw = letter(CARL, ANNA, subject="new", message_id=f"<{len(seen)}@new.example>")
        later = datetime.now(UTC) + timedelta(minutes=1)  # than the second in which logging was enabled
        item = tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, received_at=later)
        run = await run_now(slow)
        assert item.folder.display_name == "Archive"
        job = await world.background_jobs.get(begun.id)
        assert run.more == (job.state is JobState.RUNNING)
        seen.append(job.done)

    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == 10
    assert sum(row.message.subject != "new" for row in await ledger(world)) == 10


async def test_a_message_that_cannot_be_read_is_waited_for_and_then_put_aside(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_in_archive(tenant)
    world = replace(world, clock=(clock := Clock()))
    broken = tenant.exchange.mailbox(tenant.logging_mailbox).messages("Archive")[4]
    tenant.knobs.poison = {broken.immutable_id}
    begun = await begin_reading_archive(world, tenant.logging_mailbox, None)

    for _ in range(TRIES - 1):
        await run_now(world)
        clock.ahead += TRIES_APART
        assert (await world.background_jobs.get(begun.id)).state is JobState.RUNNING
    assert +(await run_now(world)).outcomes == {Outcome.FAILED: 1}

    assert (await world.background_jobs.get(begun.id)).state is JobState.DONE
    assert folders(tenant)["Failed"] == ["04"]
    assert len(await ledger(world)) == 10


async def test_it_is_refused_where_it_makes_no_sense(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_in_archive(tenant)
    with pytest.raises(Invalid, match="not one of the setup"):
        await begin_reading_archive(world, "other@nordurljos.example", None)
    await begin_reading_archive(world, tenant.logging_mailbox, None)
    with pytest.raises(Conflict, match="is being read already"):
        await begin_reading_archive(world, tenant.logging_mailbox, None)
    await disable(world)
    with pytest.raises(Conflict, match="Email Logging is disabled"):
        await begin_reading_archive(world, tenant.logging_mailbox, None)
