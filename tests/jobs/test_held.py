"""Held messages come back when somebody in them becomes known; Archive is swept for what nobody logged."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from local.tenant import Tenant
from shared.jobs.keep_directory import add_contact, add_salesperson, change_contact, remove_contact
from shared.jobs.list_unmatched import list_unmatched
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.outcome import NotLoggedAction, Outcome
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.company import ANNA, CARL, DISA, SENT, STRANGER, found_company, letter

RECEIVED = datetime(2026, 11, 2, 9, 31, 7, tzinfo=UTC)
NEW_COLLEAGUE = "erla@nordurljos.example"
STRANGER_AS_CONTACT = Contact("CT000010", ContactType.PERSON, "Sam Stranger", email=STRANGER)


async def held(world: World) -> dict[str, int]:
    return {one.address: one.count for one in await world.ledger.held_addresses()}


async def unmatched(world: World) -> list[tuple[str, int]]:
    return [(one.address, one.count) for one in (await list_unmatched(world, None, 100)).items]


async def add_the_contact(world: World) -> None:
    await add_contact(world, STRANGER_AS_CONTACT)


async def add_an_alternative_address(world: World) -> None:
    disa = await world.directory.contacts.get("CT000003")
    await change_contact(world, replace(disa, alternative_addresses=(AlternativeAddress("X", STRANGER),)), None)


async def change_the_primary_address(world: World) -> None:
    await change_contact(world, replace(await world.directory.contacts.get("CT000003"), email=STRANGER), None)


@pytest.mark.parametrize(
    ("introduce", "contact_no", "code"),
    [
        (add_the_contact, "CT000010", ""),
        (add_an_alternative_address, "CT000003", "X"),
        (change_the_primary_address, "CT000003", ""),
    ],
)
async def test_held_mail_of_a_new_address_is_logged_with_its_original_time(
    world: World, tenant: Tenant, introduce: Callable[[World], Awaitable[None]], contact_no: str, code: str
) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(STRANGER, ANNA, subject="in"), received_at=RECEIVED)
    mailbox.put(letter(ANNA, STRANGER, subject="out", message_id="<2@x.example>"), received_at=RECEIVED)
    mailbox.put(letter("other@x.example", ANNA, subject="other", message_id="<3@x.example>"), received_at=RECEIVED)
    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 3}
    assert await held(world) == {STRANGER: 2, ANNA: 3, "other@x.example": 1}
    assert await unmatched(world) == [(STRANGER, 2), ("other@x.example", 1)]

    await introduce(world)
    assert +(await run_now(world)).outcomes == {Outcome.LOGGED: 2}

    log = {entry.subject: entry for entry in await entries(world)}
    assert {name: (e.occurred_at, e.contact_no, e.alternative_address_code) for name, e in log.items()} == {
        "in": (RECEIVED, contact_no, code),
        "out": (SENT, contact_no, code),
    }
    assert folders(tenant) == {"Archive": ["in", "out"], "Not logged": ["other"]}
    outcomes = {row.message.subject: row.decision.outcome for row in await ledger(world)}
    assert outcomes == {"in": Outcome.LOGGED, "out": Outcome.LOGGED, "other": Outcome.UNMATCHED}
    assert (await world.ledger.page(Outcome.UNMATCHED, "", None, None, None, 10)).items[0].message.subject == "other"
    assert await held(world) == {ANNA: 1, "other@x.example": 1}
    assert await unmatched(world) == [("other@x.example", 1)]
    counted = dict((await world.runs.status(tenant.logging_mailbox)).outcomes)
    assert counted == {Outcome.LOGGED: 2, Outcome.UNMATCHED: 1}
    assert +(await run_now(world)).outcomes == {}, "once"


async def test_held_mail_comes_back_when_its_salesperson_is_added(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(CARL, NEW_COLLEAGUE), received_at=RECEIVED)
    await run_now(world)

    await add_salesperson(world, Salesperson("EE", "Erla", NEW_COLLEAGUE))
    assert +(await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    (entry,) = await entries(world)
    assert (entry.contact_no, entry.salesperson_code, entry.occurred_at) == ("CT000002", "EE", RECEIVED)
    assert await held(world) == {}


@pytest.mark.parametrize("setting", [NotLoggedAction.LEAVE, NotLoggedAction.DELETE])
async def test_held_mail_comes_back_from_wherever_the_setup_had_it_put(
    world: World, tenant: Tenant, setting: NotLoggedAction
) -> None:
    await found_company(world, tenant, messages_not_logged=setting)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(STRANGER, ANNA))
    await run_now(world)

    await add_the_contact(world)
    assert +(await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    assert folders(tenant) == {"Archive": ["Malt and lamps"]}
    assert len(await entries(world)) == 1


async def test_somebody_who_is_added_in_the_middle_of_a_run_misses_nothing(world: World, tenant: Tenant) -> None:
    for moment in range(6):
        address = f"guest{moment}@x.example"
        if moment == 0:
            await found_company(world, tenant, batch_size=2)
        mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
        for number in range(4):
            mailbox.put(letter(address, ANNA, message_id=f"<{moment}.{number}@x.example>"))
        guest = Contact(f"GUEST{moment}", ContactType.PERSON, "Guest", email=address)
        looked = count()
        adding: list[asyncio.Task[Contact]] = []

        def clock(moment: int = moment, guest: Contact = guest, looked: Iterator[int] = looked) -> datetime:
            if next(looked) == moment:
                adding.append(asyncio.create_task(add_contact(world, guest)))  # noqa: B023 - of this round
            return datetime.now(UTC)

        await run_now(replace(world, clock=clock))
        await asyncio.gather(*adding)
        await run_now(world)
        assert adding
        found = await entries(world, contact_no=f"GUEST{moment}")
        assert len(found) == 4
    assert await held(world) == {}


async def test_nothing_that_is_logged_changes_when_an_address_is_taken_away(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, DISA))
    await run_now(world)
    before = (await entries(world), await ledger(world), folders(tenant))

    await change_contact(world, replace(await world.directory.contacts.get("CT000003"), email=""), None)
    assert +(await run_now(world)).outcomes == {}

    assert (await entries(world), await ledger(world), folders(tenant)) == before
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, DISA, message_id="<2@x.example>"))
    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 1}


async def test_whoever_is_removed_again_before_the_run_brings_nothing_back(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(STRANGER, ANNA))
    await run_now(world)
    await add_the_contact(world)
    await remove_contact(world, "CT000010", None)

    assert +(await run_now(world)).outcomes == {}

    assert await held(world) == {STRANGER: 1, ANNA: 1}
    assert await world.ledger.rematch_requests(tenant.logging_mailbox) == []


async def test_mail_that_exchange_puts_into_archive_is_logged_where_it_is(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    item = mailbox.put(letter(CARL, ANNA, subject="answer"), "Archive")
    mailbox.put(letter(STRANGER, ANNA, subject="unknown", message_id="<2@x.example>"), "Archive")

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1, Outcome.UNMATCHED: 1}

    assert folders(tenant) == {"Archive": ["answer"], "Not logged": ["unknown"]}
    assert (item.moves, len(await entries(world))) == (0, 1)
    assert +(await run_now(world)).outcomes == {}
    assert len(await ledger(world)) == 2


async def test_many_that_come_into_archive_at_once_are_all_looked_at_while_some_are_moved_out(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant, batch_size=2)
    at_once = datetime.now(UTC) + timedelta(seconds=1)
    for number in range(12):
        raw = letter(CARL if number % 3 == 0 else STRANGER, ANNA, message_id=f"<{number}@x.example>")
        tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, "Archive", received_at=at_once)

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 4, Outcome.UNMATCHED: 8}


async def test_archive_from_before_logging_was_enabled_is_left_alone(world: World, tenant: Tenant) -> None:
    setup = await found_company(world, tenant)
    assert setup.enabled_at
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    old = setup.enabled_at - timedelta(seconds=2)
    mailbox.put(letter(CARL, ANNA, subject="old"), "Archive", received_at=old)
    mailbox.put(letter(STRANGER, ANNA, subject="old, unknown", message_id="<2@x.example>"), "Archive", received_at=old)

    assert +(await run_now(world)).outcomes == {}

    assert folders(tenant) == {"Archive": ["old", "old, unknown"]}
    assert await ledger(world) == []
