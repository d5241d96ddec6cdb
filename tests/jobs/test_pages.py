"""Many messages: page after page, oldest first, each once, also where they stay or a person moves them meanwhile."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from local.tenant import Tenant
from shared.jobs.ports import World
from shared.jobs.run_email_logging import give_up_run, run_due_mailboxes, run_mailbox, run_now
from shared.mail.outcome import Mark, NotLoggedAction, Outcome
from shared.settings import read_settings
from shared.wiring import Wiring
from tests.jobs.aftermath import entries, folders, ledger, notes
from tests.jobs.company import ANNA, CARL, DISA, STRANGER, found_company, letter
from tests.wire import Wire

MORNING = datetime(2026, 11, 2, 8, tzinfo=UTC)


def put_letters(tenant: Tenant, count: int, sender: str = CARL, *, minutes_apart: int = 1) -> None:
    """From the newest to the oldest, so that the order of the items is not that of their times."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for number in reversed(range(count)):
        raw = letter(sender, ANNA, subject=f"{number:02d}", message_id=f"<{number}@many.example>")
        mailbox.put(raw, received_at=MORNING + timedelta(minutes=minutes_apart * number))


async def test_twenty_messages_in_pages_of_three_are_each_logged_once(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, batch_size=3)
    put_letters(tenant, 20)

    run = await run_now(world)

    everything = [f"{number:02d}" for number in range(20)]
    assert (run.outcomes, run.more) == ({Outcome.LOGGED: 20}, False)
    assert folders(tenant) == {"Archive": everything}
    assert sorted(entry.subject for entry in await entries(world)) == everything
    assert [entry.subject for entry in await entries(world)] == everything[::-1], "the log is newest first"


async def test_the_oldest_message_is_decided_first(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, batch_size=3)
    put_letters(tenant, 9)

    await run_now(world)

    rows = sorted(await ledger(world), key=lambda row: row.message.received_at)
    decided = [row.decided_at for row in rows]
    assert decided == sorted(decided)
    assert len(set(decided)) >= 3, "a page at a time"


@pytest.mark.parametrize("minutes_apart", [1, 0], ids=["one each minute", "all at the same second"])
async def test_messages_that_stay_in_the_inbox_are_each_handled_once_however_many_there_are(
    world: World, tenant: Tenant, minutes_apart: int
) -> None:
    await found_company(world, tenant, batch_size=3, messages_not_logged=NotLoggedAction.LEAVE)
    put_letters(tenant, 10, STRANGER, minutes_apart=minutes_apart)

    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 10}
    assert +(await run_now(world)).outcomes == {}

    assert len(folders(tenant)["Inbox"]) == 10
    rows = await ledger(world)
    assert sorted(row.message.subject for row in rows) == [f"{number:02d}" for number in range(10)]
    assert {row.decided_at for row in rows} == {(await world.ledger.get(row.id)).decided_at for row in rows}


async def test_messages_that_stay_in_the_inbox_are_looked_at_and_nothing_is_written_about_them_again(
    world: World, tenant: Tenant, environment: Mapping[str, str], storage: str
) -> None:
    await found_company(world, tenant, messages_not_logged=NotLoggedAction.LEAVE)
    for number in range(5):
        raw = letter("stranger@x.example", ANNA, message_id=f"<{number}@x.example>")
        tenant.exchange.mailbox(tenant.logging_mailbox).put(raw)
    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 5}

    wire = Wire()
    async with wire.to_tables(storage) as tables:
        wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": tables}))
        for _ in range(2):
            wire.calls.clear()
            assert +(await run_now(wiring.world)).outcomes == {}
        await wiring.close()

    # The second time it knows them without asking; the lease and the status are all that is written.
    assert not [call for call in wire.calls if "message" in call.url.path and not call.is_read]
    assert not [call for call in wire.calls if "/messages(" in call.url.path]


async def test_what_the_queue_gives_up_is_shown_to_the_administrator(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)

    await give_up_run(world, tenant.logging_mailbox)

    (line,) = (await world.runs.activity(None, 10)).items
    assert line.failed
    assert line.message.startswith("A run that was asked for failed again and again.")
    assert (await world.runs.status(tenant.logging_mailbox)).last_error == line.message


async def test_a_message_behind_many_that_stay_is_reached(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, batch_size=3, messages_not_logged=NotLoggedAction.LEAVE)
    put_letters(tenant, 7, STRANGER, minutes_apart=0)
    await run_now(world)
    raw = letter(ANNA, CARL, subject="new")
    tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, received_at=MORNING)

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    assert folders(tenant)["Archive"] == ["new"]


async def test_deleting_what_is_not_logged_keeps_what_is_logged(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, batch_size=3, messages_not_logged=NotLoggedAction.DELETE)
    put_letters(tenant, 10, STRANGER)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, DISA, subject="kept"))

    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 10, Outcome.LOGGED: 1}

    assert {name: len(inside) for name, inside in folders(tenant).items()} == {"Archive": 1, "Deleted Items": 10}


@asynccontextmanager
async def somebody(tenant: Tenant, does: Callable[[], object]) -> AsyncIterator[None]:
    """A person who does something once the run has listed the Inbox, and before it moves anything."""
    original = tenant.knobs.clock
    seen: list[bool] = []

    def clock() -> datetime:
        if not seen and tenant.gate.requests["move"]:
            seen.append(True)
            does()
        return original()

    tenant.knobs.clock = clock
    yield
    tenant.knobs.clock = original
    assert seen, "the run moved nothing"


async def test_a_message_that_somebody_deletes_for_good_meanwhile_is_logged_without_a_link(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    items = [mailbox.put(letter(ANNA, CARL, message_id=f"<{n}@x.example>", subject=str(n))) for n in range(3)]

    async with somebody(tenant, does=lambda: mailbox.purge(items[1])):
        assert (await run_now(world)).outcomes == {Outcome.LOGGED: 3}

    marks = {row.message.subject: row.decision.marks for row in await ledger(world)}
    assert marks == {"0": (), "1": (Mark.NO_LINK,), "2": ()}
    assert len(await entries(world)) == 3
    assert folders(tenant) == {"Archive": ["0", "2"]}
    assert await world.ledger.open(tenant.logging_mailbox, world.clock()) == []


@pytest.mark.parametrize("folder", ["Archive", "Deleted Items", "Junk Email"])
async def test_a_logged_message_is_in_archive_wherever_somebody_moves_it_meanwhile(
    world: World, tenant: Tenant, folder: str
) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    item = mailbox.put(letter(ANNA, CARL))

    async with somebody(tenant, does=lambda: mailbox.move(item, folder)):
        assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    (row,) = await ledger(world)
    assert row.decision.marks == ()
    assert folders(tenant) == {"Archive": ["Malt and lamps"]}


async def test_a_finished_message_that_is_put_back_into_the_inbox_is_only_moved(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    known, unknown = mailbox.put(letter(ANNA, CARL, subject="known")), mailbox.put(letter(STRANGER, ANNA))
    await run_now(world)
    before = (await ledger(world), await entries(world), (await world.runs.activity(None, 10)).items)
    mailbox.move(known, "Inbox")
    mailbox.move(unknown, "Inbox")

    assert +(await run_now(world)).outcomes == {}

    assert (await ledger(world), await entries(world), (await world.runs.activity(None, 10)).items) == before
    assert folders(tenant) == {"Archive": ["known"], "Not logged": ["Malt and lamps"]}


async def test_the_timer_runs_only_a_mailbox_where_a_run_is_due(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, run_every_minutes=5)
    put_letters(tenant, 1)
    assert {address: run.outcomes for address, run in (await run_due_mailboxes(world)).items()} == {
        tenant.logging_mailbox: {Outcome.LOGGED: 1}
    }
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, CARL))

    assert await run_due_mailboxes(world) == {}
    later = replace(world, clock=lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert (await run_due_mailboxes(later))[tenant.logging_mailbox].outcomes == {Outcome.LOGGED: 1}


async def test_a_run_whose_time_is_up_leaves_the_rest_to_another_and_asks_for_it(
    world: World, tenant: Tenant, storage: str
) -> None:
    await found_company(world, tenant, batch_size=3)
    put_letters(tenant, 20)
    tick = count()
    hurried = replace(world, clock=lambda: datetime.now(UTC) + timedelta(seconds=15 * next(tick)))

    runs = await run_due_mailboxes(hurried)

    run = runs[tenant.logging_mailbox]
    assert run.more
    assert 0 < run.outcomes[Outcome.LOGGED] < 20
    assert len(folders(tenant)["Archive"]) == run.outcomes[Outcome.LOGGED] <= len(await entries(world))
    assert await notes(storage) == [tenant.logging_mailbox]
    later = replace(world, clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    rest = await run_mailbox(later, tenant.logging_mailbox)
    assert rest[tenant.logging_mailbox].outcomes == {Outcome.LOGGED: 20 - run.outcomes[Outcome.LOGGED]}
