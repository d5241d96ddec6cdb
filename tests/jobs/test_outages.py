"""Something outside is down: the run says so in a plain sentence, and the next one catches up."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

import pytest

from local.tenant import Tenant
from shared.errors import ProductError, StorageUnavailable
from shared.jobs.ports import World
from shared.jobs.read_status import read_status
from shared.jobs.run_email_logging import run_now
from shared.mail.outcome import Outcome
from shared.settings import read_settings
from shared.wiring import Wiring
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.company import ANNA, CARL, STRANGER, found_company, letter

type Breaks = Callable[[Tenant], object]


def put_letters(tenant: Tenant) -> None:
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(ANNA, CARL, subject="known"))
    mailbox.put(letter(STRANGER, ANNA, subject="unknown", message_id="<2@x.example>"))


async def check_that_it_caught_up(world: World, tenant: Tenant) -> None:
    assert folders(tenant) == {"Archive": ["known"], "Not logged": ["unknown"]}
    assert {row.message.subject: row.decision.outcome for row in await ledger(world)} == {
        "known": Outcome.LOGGED,
        "unknown": Outcome.UNMATCHED,
    }
    assert [entry.subject for entry in await entries(world)] == ["known"]
    status = await read_status(world)
    assert (status.last_error, status.waiting) == ("", 0)
    assert status.outcomes == {Outcome.LOGGED: 1, Outcome.UNMATCHED: 1}


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (lambda tenant: tenant.knobs.down.add("graph"), "Microsoft Graph cannot be reached."),
        (lambda tenant: tenant.knobs.down.add("vault"), "Key Vault cannot be reached."),
        (lambda tenant: tenant.knobs.down.add("entra"), "(Key Vault|Entra ID) .*"),
        (
            lambda tenant: tenant._vault.keep("wrong"),
            "Entra ID refused the app's client id or secret. Check the client id in the setup, and store a secret .*",
        ),
    ],
    ids=["graph", "vault", "entra", "wrong secret"],
)
async def test_an_outage_ends_the_run_with_a_plain_sentence_and_the_next_run_catches_up(
    world: World, tenant: Tenant, breaks: Breaks, says: str
) -> None:
    await found_company(world, tenant)
    put_letters(tenant)
    breaks(tenant)

    with pytest.raises(ProductError) as trouble:
        await run_now(world)

    assert re.fullmatch(says, trouble.value.message)
    assert "@" not in trouble.value.message
    assert tenant.client_secret not in trouble.value.message
    status = await world.runs.status(tenant.logging_mailbox)
    assert status.last_error == f"{trouble.value.message} 0 messages handled."
    assert (status.last_success, status.outcomes) == (None, ())
    (line,) = (await world.runs.activity(None, 10)).items
    assert (line.failed, line.message) == (True, status.last_error)
    assert (await ledger(world), await entries(world)) == ([], [])

    tenant.knobs.down.clear()
    tenant.rotate_secret()
    await run_now(world)
    await check_that_it_caught_up(world, tenant)


async def test_a_token_that_is_revoked_while_the_app_runs_is_renewed(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    await run_now(world)
    put_letters(tenant)
    tenant.revoke_tokens()

    await run_now(world)

    await check_that_it_caught_up(world, tenant)


@pytest.fixture
async def cut_off(environment: Mapping[str, str]) -> AsyncIterator[World]:
    """The same world, where nobody answers at storage."""
    storage = re.sub(r":\d+/", ":1/", environment["AzureWebJobsStorage"])
    wired = Wiring(read_settings({**environment, "AzureWebJobsStorage": storage}))
    yield wired.world
    await wired.close()


async def test_without_storage_nothing_is_touched(world: World, cut_off: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    put_letters(tenant)

    with pytest.raises(StorageUnavailable, match=r"Table Storage cannot be reached\."):
        await run_now(cut_off)

    assert folders(tenant) == {"Inbox": ["known", "unknown"]}
    await run_now(world)
    await check_that_it_caught_up(world, tenant)


@pytest.mark.parametrize("part", ["ledger", "interactions", "directory"])
async def test_storage_that_goes_away_in_the_middle_of_a_run_leaves_nothing_half_done(
    world: World, cut_off: World, tenant: Tenant, part: str
) -> None:
    await found_company(world, tenant)
    put_letters(tenant)

    with pytest.raises(StorageUnavailable):
        await run_now(replace(world, **{part: getattr(cut_off, part)}))

    assert (await ledger(world), await entries(world)) == ([], [])
    assert folders(tenant) == {"Inbox": ["known", "unknown"]}
    status = await world.runs.status(tenant.logging_mailbox)
    assert status.last_error == "Table Storage cannot be reached. 0 messages handled."
    await run_now(world)
    await check_that_it_caught_up(world, tenant)
