"""One bad message, or one bad answer of Graph's, never stops the others and never logs a message twice."""

from collections import Counter
from dataclasses import replace

import pytest

from local.tenant import Tenant
from local.tenant.knobs import Action, Fault
from local.tenant.mailbox import Item
from shared.errors import GraphUnavailable
from shared.jobs.ports import World
from shared.jobs.retry_message import retry_message
from shared.jobs.run_email_logging import run_now
from shared.jobs.settle_messages import TRIES
from shared.mail.outcome import Outcome
from shared.storage.ledger import TRIES_APART
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.clock import Clock
from tests.jobs.company import ANNA, CARL, STRANGER, found_company, letter

MOVE, LIST = r"POST .*/move$", r"GET .*/mailFolders/inbox/messages"
NAMES = ["0", "1", "2", "3"]


def put_letters(tenant: Tenant) -> list[Item]:
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    return [mailbox.put(letter(ANNA, CARL, subject=name, message_id=f"<{name}@x.example>")) for name in NAMES]


async def check_that_each_is_logged_once(world: World, tenant: Tenant) -> None:
    assert folders(tenant) == {"Archive": NAMES}
    assert sorted(entry.subject for entry in await entries(world)) == NAMES
    rows = await ledger(world)
    assert sorted(row.message.subject for row in rows) == NAMES
    assert {(row.decision.outcome, row.decision.marks) for row in rows} == {(Outcome.LOGGED, ())}
    assert await world.ledger.open(tenant.logging_mailbox, world.clock()) == []


@pytest.mark.parametrize("request_line", [LIST, MOVE], ids=["list", "move"])
@pytest.mark.parametrize("action", ["429", "429-no-retry-after", "503", "reset-before", "reset-after"])
async def test_a_fault_that_passes_is_not_noticed(
    world: World, tenant: Tenant, request_line: str, action: Action
) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    tenant.knobs.faults = [Fault(request_line, action, retry_after=1)]

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 4}

    assert tenant.gate.refused[action] == 1
    await check_that_each_is_logged_once(world, tenant)
    assert (await world.runs.status(tenant.logging_mailbox)).last_error == ""


async def test_graph_is_given_the_time_that_it_asks_for_up_to_a_bound(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    tenant.knobs.faults = [Fault(LIST, "429", retry_after=600)]

    with pytest.raises(GraphUnavailable, match=r"Microsoft Graph is busy \(429\)\.") as refusal:
        await run_now(world)

    assert refusal.value.retry_after == 600
    assert tenant.gate.requests["list"] == 1, "and is not asked again meanwhile"
    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 4}
    await check_that_each_is_logged_once(world, tenant)


@pytest.mark.parametrize(
    ("action", "error"),
    [("503", "Microsoft Graph is busy (503)."), ("reset-after", "Microsoft Graph cannot be reached.")],
)
async def test_a_fault_that_lasts_ends_the_run_and_the_next_one_goes_on(
    world: World, tenant: Tenant, action: Action, error: str
) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    tenant.knobs.faults = [
        Fault(MOVE, action, times=None, after=1),
        Fault(r"GET .*/messages/[^/]+$", "503", times=None),
    ]

    with pytest.raises(GraphUnavailable):
        await run_now(world)

    status = await world.runs.status(tenant.logging_mailbox)
    assert status.last_error.startswith(error if action == "503" else "Microsoft Graph")
    tenant.knobs.faults = []
    await run_now(world)
    await check_that_each_is_logged_once(world, tenant)
    assert dict((await world.runs.status(tenant.logging_mailbox)).outcomes) == {Outcome.LOGGED: 4}


async def test_an_item_that_exchange_cannot_show_is_put_aside_after_five_runs_and_stops_nobody(
    world: World, tenant: Tenant
) -> None:
    world = replace(world, clock=(clock := Clock()))
    await found_company(world, tenant)
    items = put_letters(tenant)
    tenant.knobs.poison = {items[1].immutable_id}

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 3}
    assert folders(tenant) == {"Archive": ["0", "2", "3"], "Inbox": ["1"]}
    for _ in range(TRIES - 2):
        clock.ahead += TRIES_APART
        assert +(await run_now(world)).outcomes == {}
        assert +(await run_now(world)).outcomes == {}, "too soon to count"
    clock.ahead += TRIES_APART
    assert folders(tenant)["Inbox"] == ["1"]
    assert (await run_now(world)).outcomes == {Outcome.FAILED: 1}

    assert folders(tenant) == {"Archive": ["0", "2", "3"], "Failed": ["1"]}
    (failed,) = [row for row in await ledger(world) if row.decision.outcome is Outcome.FAILED]
    assert failed.tries == TRIES
    assert failed.decision.reason.startswith("Given up after 5 tries: Exchange Online could not handle the message")
    assert failed.message.item_id == items[1].immutable_id
    assert len(await entries(world)) == 3

    tenant.knobs.poison = set()
    assert (await retry_message(world, failed.id)).decision.outcome is Outcome.LOGGED
    assert sorted(folders(tenant)["Archive"]) == NAMES
    assert sorted(entry.subject for entry in await entries(world)) == NAMES
    assert +(await run_now(world)).outcomes == {}, "it is known, also where Archive is looked through"
    assert len(await ledger(world)) == 4
    counted = Counter(dict((await world.runs.status(tenant.logging_mailbox)).outcomes))
    assert +counted == {Outcome.LOGGED: 4}, "a retry by hand counts, too"


async def test_an_item_that_exchange_will_not_move_stays_and_says_so(world: World, tenant: Tenant) -> None:
    world = replace(world, clock=(clock := Clock()))
    await found_company(world, tenant)
    items = put_letters(tenant)
    tenant.knobs.unmovable = {items[2].immutable_id}

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 3}
    for _ in range(TRIES - 2):
        clock.ahead += TRIES_APART
        assert +(await run_now(world)).outcomes == {}
        assert +(await run_now(world)).outcomes == {}, "too soon to count"
    clock.ahead += TRIES_APART
    assert (await run_now(world)).outcomes == {Outcome.FAILED: 1}

    assert folders(tenant) == {"Archive": ["0", "1", "3"], "Inbox": ["2"]}
    (failed,) = [row for row in await ledger(world) if row.decision.outcome is Outcome.FAILED]
    assert failed.tries == TRIES
    assert failed.decision.reason.endswith("It could not be moved either.")
    assert +(await run_now(world)).outcomes == {}, "and that was the last of it"
    assert len(await ledger(world)) == 4
    assert await world.ledger.open(tenant.logging_mailbox, world.clock()) == []


@pytest.mark.parametrize("size", [70_000, 200_000])
async def test_a_mail_too_large_for_a_row_stops_nobody(world: World, tenant: Tenant, size: int) -> None:
    world = replace(world, clock=(clock := Clock()))
    await found_company(world, tenant)
    put_letters(tenant)
    raw = letter(ANNA, CARL, message_id="<long@x.example>").replace(b"Malt and lamps", b"long " + b"x" * size)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(raw)

    assert (await run_now(world)).outcomes[Outcome.LOGGED] >= 4
    for _ in range(TRIES - 1):
        clock.ahead += TRIES_APART
        await run_now(world)

    rows = await ledger(world)
    assert len(rows) == 5
    assert {row.message.subject for row in rows} >= set(NAMES)
    assert not folders(tenant).get("Inbox")


async def test_a_mail_to_hundreds_of_people_is_logged(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    crowd = [f"person{number}@crowd{number}.example" for number in range(300)]
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, *crowd, CARL))

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    (row,) = await ledger(world)
    assert len(row.message.to) == 301
    assert [entry.contact_no for entry in await entries(world)] == ["CT000002"]


async def test_an_unknown_message_stays_held_when_its_move_fails_once(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(STRANGER, ANNA))
    tenant.knobs.faults = [Fault(MOVE, "500")]

    assert +(await run_now(world)).outcomes == {}
    assert await ledger(world) == [], "nobody reads what is not finished"
    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 1}

    assert folders(tenant) == {"Not logged": ["Malt and lamps"]}
    assert {one.address: one.count for one in await world.ledger.held_addresses()} == {STRANGER: 1, ANNA: 1}
