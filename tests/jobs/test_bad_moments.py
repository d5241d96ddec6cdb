"""Things that go wrong at the worst moment: nothing stays held, stuck, lost or sent in vain because of them."""

import asyncio
import gc
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from local.tenant import Tenant
from local.tenant.knobs import Fault
from shared.errors import Conflict
from shared.jobs.change_setup import change_setup, disable, enable
from shared.jobs.drain_mailbox import SETTLING, drain_mailbox
from shared.jobs.import_directory import CONTACTS, begin_import, import_directory
from shared.jobs.keep_directory import add_contact, add_salesperson
from shared.jobs.ports import World
from shared.jobs.rematch_held import IS_WRITTEN
from shared.jobs.retry_message import retry_message
from shared.jobs.run_email_logging import policy_of, run_mailbox, run_now
from shared.jobs.settle_messages import MOVES_AT_A_TIME
from shared.mail.outcome import Outcome
from shared.sales.party import Contact, ContactType, Salesperson
from shared.settings import read_settings
from shared.storage.runs import LEASE_LASTS
from shared.wiring import Wiring
from tests.jobs.aftermath import folders, ledger
from tests.jobs.company import ANNA, CARL, STRANGER, found_company, letter
from tests.waiting import until
from tests.wire import Cut, Wire

SAM = Contact("CT000010", ContactType.PERSON, "Sam Stranger", email=STRANGER)
NUMBERS = count()
ERLA = Salesperson("EE", "Erla", "erla@nordurljos.example")


ENDED_WHILE_CONNECTING = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""Where connecting is stopped, aiohttp leaves the socket to the process, which would be dead."""


def put(tenant: Tenant, sender: str, *to: str, folder: str = "Inbox", received_at: datetime | None = None) -> None:
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    number = next(NUMBERS)
    raw = letter(sender, *to, subject=f"{number}", message_id=f"<{number}@moments.example>")
    mailbox.put(raw, folder, received_at=received_at)


async def outcomes(world: World) -> Counter[Outcome]:
    return Counter(row.decision.outcome for row in await ledger(world))


def later(world: World, passed: timedelta = IS_WRITTEN + LEASE_LASTS) -> World:
    return replace(world, clock=lambda: datetime.now(UTC) + passed)


@ENDED_WHILE_CONNECTING
async def test_held_mail_comes_back_also_when_whoever_added_its_sender_died_at_any_moment(
    world: World, tenant: Tenant, environment: Mapping[str, str], storage: str
) -> None:
    await found_company(world, tenant)
    wire = Wire()
    written = call = 0
    async with wire.to_tables(storage) as tables:
        wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": tables}))
        await add_contact(wiring.world, SAM)  # so that the tables are there
        while True:
            call += 1
            sender = f"sender{call}@held.example"
            put(tenant, sender, ANNA)
            await run_now(later(world))
            contact = replace(SAM, no=f"HELD{call}", email=sender)
            adding = asyncio.create_task(add_contact(wiring.world, contact))
            wire.cut(call, Cut.AFTER, adding.cancel)
            await asyncio.wait([adding])
            await until(lambda: not wire.passing)
            finished = not wire.is_cut
            wire.mend()
            if finished:
                await adding
                break
            await run_now(later(world))
            if await world.directory.contacts.find(contact.no):
                written += 1
                (row,) = (await world.ledger.page(None, sender, None, None, None, 10)).items
                assert row.decision.outcome is Outcome.LOGGED, f"died after call {call}"
        await wiring.close()
    gc.collect()  # what connecting has left behind is lost here, and not in another test
    assert written > 2


@ENDED_WHILE_CONNECTING
async def test_held_mail_comes_back_also_when_an_import_dies_and_is_tried_again(
    world: World, tenant: Tenant, environment: Mapping[str, str], storage: str
) -> None:
    await found_company(world, tenant)
    put(tenant, STRANGER, ANNA)
    await run_now(world)
    job = await begin_import(world, CONTACTS, f"no,name,email\nCT000010,Sam,{STRANGER}".encode())
    wire = Wire()
    call = 0
    async with wire.to_tables(storage) as tables:
        wiring = Wiring(read_settings({**environment, "AzureWebJobsStorage": tables}))
        while await world.directory.contacts.find("CT000010") is None:
            call += 1
            importing = asyncio.create_task(import_directory(wiring.world, job.id))
            wire.cut(call, Cut.AFTER, importing.cancel)
            await asyncio.wait([importing])
            wire.mend()
        assert importing.cancelled(), "it died right after the person was written"
        await wiring.close()
    gc.collect()

    await import_directory(world, job.id)

    await run_now(world)
    assert await outcomes(world) == {Outcome.LOGGED: 1}


async def test_matching_many_held_messages_in_vain_does_not_keep_new_mail_waiting(world: World, tenant: Tenant) -> None:
    setup = await found_company(world, tenant)
    for number in range(150):
        put(tenant, f"stranger{number}@y.example", ERLA.email)
    await run_now(world)
    await add_salesperson(world, ERLA)
    put(tenant, CARL, ANNA)
    mailbox = world.mailboxes.open(tenant.logging_mailbox, setup)

    run = await drain_mailbox(world, mailbox, await policy_of(world, setup), timedelta(seconds=0.2))

    assert run.outcomes[Outcome.LOGGED] == 1


async def test_many_mails_with_long_subjects_stop_nobody(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for number in range(80):
        raw = letter(ANNA, CARL, message_id=f"<{number}@long.example>")
        mailbox.put(raw.replace(b"Malt and lamps", b"%d " % number + b"x" * 75_000))

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 80}

    assert await world.ledger.count_open(tenant.logging_mailbox) == 0


async def test_nothing_is_sent_in_vain_after_exchange_asked_us_to_wait(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    for _ in range(40):
        put(tenant, CARL, ANNA)
    tenant.knobs.faults = [Fault(r"POST .*/move$", "429", times=None, retry_after=120)]

    run = (await run_mailbox(world, tenant.logging_mailbox))[tenant.logging_mailbox]

    assert str(run.error) == "Microsoft Graph is busy (429)."
    assert tenant.gate.refused["429"] <= SETTLING * MOVES_AT_A_TIME
    assert tenant.gate.requests["get"] == 0, "what was refused was not done: there is nothing to look for"
    tenant.knobs.faults = []
    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 40}


async def test_archive_of_a_mailbox_that_is_added_is_left_alone(world: World, tenant: Tenant) -> None:
    setup = await found_company(world, tenant)
    await world.setups.change(setup, replace(setup, enabled_at=datetime.now(UTC) - timedelta(days=365)))
    second = tenant.exchange.mailbox("second@nordurljos.example")
    for sender in (CARL, STRANGER):
        raw = letter(sender, ANNA, message_id=f"<{sender}>")
        second.put(raw, "Archive", received_at=datetime.now(UTC) - timedelta(days=100))

    setup = await world.setups.get()
    await change_setup(world, replace(setup, mailboxes=(*setup.mailboxes, second.address)), None)

    assert +(await run_now(world)).outcomes == {}
    assert len(second.messages("Archive")) == 2


async def test_what_came_into_archive_before_logging_was_disabled_for_a_moment_is_logged(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant)
    await run_now(world)
    put(tenant, CARL, ANNA, folder="Archive")
    await disable(world)
    await enable(later(world))

    assert +(await run_now(later(world))).outcomes == {Outcome.LOGGED: 1}


async def test_what_was_held_and_becomes_excluded_leaves_no_address_behind(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put(tenant, STRANGER, ANNA, "other@z.example")
    await run_now(world)

    await add_contact(world, replace(SAM, privacy_blocked=True))
    await run_now(world)

    (row,) = await ledger(world)
    assert row.decision.outcome is Outcome.EXCLUDED
    assert (await world.ledger.get(row.id)).message.recipients == row.message.recipients == ()
    assert await world.ledger.held_addresses() == []


async def test_a_folder_that_somebody_deleted_is_made_again(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put(tenant, STRANGER, ANNA)
    await run_now(world)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for item in mailbox.messages("Not logged"):
        mailbox.purge(item)
    del mailbox.folders["Not logged"]
    put(tenant, STRANGER, ANNA)

    assert +(await run_now(world)).outcomes == {Outcome.UNMATCHED: 1}

    assert len(folders(tenant)["Not logged"]) == 1


async def test_nothing_is_retried_while_logging_is_disabled(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put(tenant, STRANGER, ANNA)
    await run_now(world)
    (row,) = await ledger(world)
    await disable(world)

    with pytest.raises(Conflict, match="Email Logging is disabled"):
        await retry_message(world, row.id)
