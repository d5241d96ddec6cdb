"""What the company has decided about its mail: privacy, never-log rules, and the switches of the setup."""

import pytest

from local.tenant import Tenant
from shared.jobs.keep_directory import add_contact, change_contact
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.never_log import NeverLogRule, RuleKind
from shared.mail.outcome import Mark, NotLoggedAction, Outcome
from shared.sales.party import AlternativeAddress, Contact, ContactType
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.company import ANNA, BEN, CARL, DISA, STRANGER, found_company, letter


async def test_a_privacy_blocked_contact_leaves_no_trace_of_what_was_written_and_to_whom(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant)
    carl = await world.directory.contacts.get("CT000002")
    blocked = Contact(carl.no, carl.type, carl.name, carl.company_no, carl.email, privacy_blocked=True)
    await change_contact(world, blocked, None)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(ANNA, CARL))
    mailbox.put(letter(ANNA, CARL, DISA, message_id="<2@letters.example>"))

    assert (await run_now(world)).outcomes == {Outcome.EXCLUDED: 1, Outcome.LOGGED: 1}

    logged, excluded = sorted(await ledger(world), key=lambda row: row.message.internet_message_id, reverse=True)
    assert excluded.decision.reason == "Everybody concerned is privacy blocked, or named by a never-log rule."
    assert (excluded.message.subject, excluded.message.to, excluded.message.cc) == ("", (), ())
    assert logged.decision.reason == (
        "Logged: from a salesperson to a contact. "
        "Not logged for 1 more, who are privacy blocked or named by a never-log rule."
    )
    assert [entry.contact_no for entry in await entries(world)] == ["CT000003"]
    assert {name: len(inside) for name, inside in folders(tenant).items()} == {"Archive": 1, "Not logged": 1}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RuleKind.ADDRESS, CARL),
        (RuleKind.DOMAIN, "glencorran.example"),
        (RuleKind.CONTACT, "CT000002"),
        (RuleKind.SALESPERSON, "AK"),
    ],
)
async def test_a_never_log_rule_excludes_whom_it_names_and_nobody_else(
    world: World, tenant: Tenant, kind: RuleKind, value: str
) -> None:
    await found_company(world, tenant)
    rule = await world.never_log.add(NeverLogRule("1", kind, value, "", world.clock(), "admin"))
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    between = {CARL: ANNA, DISA: BEN}
    for number, (contact, salesperson) in enumerate(between.items()):
        mailbox.put(letter(contact, salesperson, message_id=f"<{number}@in.example>"))
        mailbox.put(letter(salesperson, contact, message_id=f"<{number}@out.example>"))

    assert (await run_now(world)).outcomes == {Outcome.EXCLUDED: 2, Outcome.LOGGED: 2}

    assert {(entry.contact_no, entry.salesperson_code) for entry in await entries(world)} == {("CT000003", "BW")}
    excluded = [row for row in await ledger(world) if row.decision.outcome is Outcome.EXCLUDED]
    assert {(row.message.subject, row.message.to) for row in excluded} == {("", ())}
    assert "A never-log rule names the sender." in {row.decision.reason for row in excluded}
    await world.never_log.remove(rule.id)
    mailbox.put(letter(CARL, ANNA, message_id="<later@in.example>"))
    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1}


async def test_a_rule_on_one_recipient_drops_that_pair_only(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    await world.never_log.add(NeverLogRule("1", RuleKind.ADDRESS, DISA, "", world.clock(), "admin"))
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, CARL, DISA))

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 1}

    assert [entry.contact_no for entry in await entries(world)] == ["CT000002"]
    (row,) = await ledger(world)
    assert row.decision.reason.endswith("Not logged for 1 more, who are privacy blocked or named by a never-log rule.")


async def test_the_setup_can_have_private_and_automatic_mail_logged(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, log_private_mail=True, log_automatic_mail=True)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(CARL, ANNA, sensitivity="Private"))
    mailbox.put(letter(CARL, ANNA, message_id="<2@letters.example>", list_unsubscribe="<mailto:out@x.example>"))
    mailbox.put(letter(STRANGER, ANNA, message_id="<3@letters.example>", auto_submitted="auto-replied"))

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 2, Outcome.UNMATCHED: 1}

    kinds = {entry.internet_message_id: entry.kind for entry in await entries(world)}
    assert kinds == {"<1@letters.example>": "Message", "<2@letters.example>": "Automatic"}


async def test_a_sender_from_inside_whom_exchange_does_not_know_is_marked(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.trust_submission = False
    tenant.exchange.deliver(letter(ANNA, CARL), ANNA, [CARL])
    tenant.exchange.deliver(letter(CARL, ANNA, message_id="<2@letters.example>"), CARL, [ANNA])

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 2}

    marks = {row.message.from_address: row.decision.marks for row in await ledger(world)}
    assert marks == {ANNA: (Mark.UNAUTHENTICATED_SENDER,), CARL: ()}


@pytest.mark.parametrize(
    ("setting", "folder"),
    [(NotLoggedAction.MOVE, "Not logged"), (NotLoggedAction.LEAVE, "Inbox"), (NotLoggedAction.DELETE, "Deleted Items")],
)
async def test_what_is_not_logged_goes_where_the_setup_says_and_what_is_logged_to_archive(
    world: World, tenant: Tenant, setting: NotLoggedAction, folder: str
) -> None:
    await found_company(world, tenant, messages_not_logged=setting)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(ANNA, CARL, subject="known"))
    mailbox.put(letter(STRANGER, ANNA, subject="unknown"))

    await run_now(world)

    assert folders(tenant) == {"Archive": ["known"], folder: ["unknown"]}


async def test_a_company_can_be_written_to_itself(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    office = (AlternativeAddress("OFFICE", "office@birch.example"),)
    birch = Contact("CT000009", ContactType.COMPANY, "Birch", alternative_addresses=office)
    await add_contact(world, birch)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, "office@birch.example"))

    await run_now(world)

    (entry,) = await entries(world)
    assert (entry.contact_no, entry.company_no, entry.alternative_address_code) == ("CT000009", "CT000009", "OFFICE")
