"""Real mail, from a file that REAL_MAIL names: every message and every entry, compared with what is right.

`NAME.mbox` has `NAME.expected.json` beside it: for each message its Internet Message-ID, the information flow or null,
and the addresses of the salesperson and the contact of each entry.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from local.send import mails_in, send
from local.tenant import Tenant
from local.tenant.mailbox import Item, Mailbox
from shared.jobs.change_setup import change_setup, enable
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.address import is_valid, normalised
from shared.mail.outcome import Outcome
from shared.mail.setup import EmailLoggingSetup
from shared.sales.interaction import Interaction, InteractionFilter
from shared.sales.party import Contact, ContactType, Salesperson

ORGANISATION = "enron.com"
LOGGING_MAILBOX = f"log@{ORGANISATION}"
FILE = os.environ.get("REAL_MAIL", "")

pytestmark = pytest.mark.skipif(not FILE, reason="REAL_MAIL names no .mbox file of real mail to compare with")

type Entries = dict[str, Counter[tuple[str, str, str]]]
"""By Internet Message-ID: information flow, salesperson's address, contact's address."""


@pytest.fixture
def tenant(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """The organisation that the mail belongs to."""
    with Tenant(ORGANISATION, LOGGING_MAILBOX, certificates) as running:
        for name, value in running.settings().items():
            monkeypatch.setenv(name, value)
        yield running


async def test_every_message_and_every_entry_is_as_expected(
    world: World, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    mails = list(mails_in(Path(FILE)))
    expected = _expected()
    logging_mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    for _ in send(tenant.smtp, mails):
        pass
    _put_what_no_rule_copied(logging_mailbox, mails)
    people = await _everybody_is_known(world, logging_mailbox.messages())
    await change_setup(world, EmailLoggingSetup((LOGGING_MAILBOX,), tenant.client_id), None)
    await enable(world)

    run = await run_now(world)

    with capsys.disabled():
        print("\nreal mail:", ", ".join(f"{count} {outcome}" for outcome, count in sorted(run.outcomes.items())))
    assert len(mails) == len(expected) == run.outcomes.total()
    found = await _found(world, people)
    assert {name: entries for name, entries in found.items() if entries != expected.get(name)} == {}
    assert {name: entries for name, entries in expected.items() if entries != found.get(name, Counter())} == {}
    logged = [item.internet_message_id for item in logging_mailbox.messages("Archive")]
    assert sorted(logged) == sorted(name for name, entries in expected.items() if entries)
    assert len(logged) == run.outcomes[Outcome.LOGGED]
    assert len(logging_mailbox.messages("Not logged")) == len(mails) - len(logged)
    assert logging_mailbox.messages() == []


def _expected() -> Entries:
    messages = json.loads(Path(FILE).with_suffix(".expected.json").read_text(encoding="utf-8"))
    return {
        message["internetMessageId"]: Counter(
            (message["informationFlow"], normalised(entry["salesperson"]), normalised(entry["contact"]))
            for entry in message["entries"]
        )
        for message in messages
    }


def _put_what_no_rule_copied(mailbox: Mailbox, mails: list[bytes]) -> None:
    """Mail between colleagues, and mail without recipients."""
    copied = {item.internet_message_id for item in mailbox.messages()}
    for raw in mails:
        if message_from_bytes(raw)["Message-ID"] not in copied:
            mailbox.put(raw)


async def _everybody_is_known(world: World, items: list[Item]) -> dict[str, str]:
    """Addresses of the organisation become salespeople, all others contacts. Answers with addresses by number."""
    mails = [item.mail for item in items]
    parties = [party for mail in mails for party in (mail.from_, mail.sender, *mail.to, *mail.cc) if party]
    addresses = sorted(address for party in parties if is_valid(address := normalised(party.address)))
    by_number = {f"P{number:05}": address for number, address in enumerate(dict.fromkeys(addresses))}
    inside = {number for number, address in by_number.items() if address.endswith(f"@{ORGANISATION}")}
    now = datetime.now(UTC)
    await world.directory.salespeople.save_all(
        [Salesperson(number, by_number[number], by_number[number]) for number in sorted(inside)], now
    )
    await world.directory.contacts.save_all(
        [
            Contact(number, ContactType.PERSON, address, email=address)
            for number, address in by_number.items()
            if number not in inside
        ],
        now,
    )
    return by_number


async def _found(world: World, people: dict[str, str]) -> Entries:
    found: Entries = defaultdict(Counter)
    async for entry in _log(world):
        pair = (people[entry.salesperson_code], people[entry.contact_no])
        found[entry.internet_message_id][(entry.information_flow, *pair)] += 1
    return found


async def _log(world: World) -> AsyncIterator[Interaction]:
    place = None
    while True:
        page = await world.interactions.page(InteractionFilter(), None, None, place, 200)
        for entry in page.items:
            yield entry
        place = page.next
        if place is None:
            return
