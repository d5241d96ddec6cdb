"""Every outcome, from the mailbox to the ledger, the log and the folders."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from local.tenant import Tenant
from shared.errors import NotFound
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.message import Kind
from shared.mail.outcome import Mark, Outcome
from tests.jobs.aftermath import entries, folders, ledger
from tests.jobs.company import ANNA, BEN, CARL, CARL_AT_HOME, DISA, SENT, STRANGER, found_company, letter

RECEIVED = datetime(2026, 11, 2, 9, 31, 7, tzinfo=UTC)

type Pair = tuple[str, str, str]
"""Contact no., salesperson code, alternative address code."""


@dataclass(frozen=True)
class Case:
    """What becomes of a mail."""

    outcome: Outcome
    reason: str
    pairs: tuple[Pair, ...] = ()
    kind: Kind = Kind.MESSAGE
    flow: str = "Outbound"


def outbound(*pairs: Pair, **case: object) -> dict[str, object]:
    people = "a contact" if len(pairs) == 1 else f"{len(pairs)} contacts"
    return {"outcome": Outcome.LOGGED, "reason": f"Logged: from a salesperson to {people}.", "pairs": pairs, **case}


def inbound(*pairs: Pair) -> dict[str, object]:
    people = "a salesperson" if len(pairs) == 1 else f"{len(pairs)} salespeople"
    reason = f"Logged: from a contact to {people}."
    return {"outcome": Outcome.LOGGED, "reason": reason, "pairs": pairs, "flow": "Inbound"}


CARL_WITH_ANNA, DISA_WITH_ANNA = ("CT000002", "AK", ""), ("CT000003", "AK", "")
AUTOMATIC = {"outcome": Outcome.AUTOMATIC, "kind": Kind.AUTOMATIC}
PRIVATE: dict[str, object] = {"outcome": Outcome.EXCLUDED, "reason": "The sender marked it Private or Confidential."}
CASES: dict[str, tuple[bytes, dict[str, object]]] = {
    "a salesperson writes to a contact": (letter(ANNA, CARL), outbound(CARL_WITH_ANNA)),
    "a contact writes to a salesperson": (letter(CARL, ANNA), inbound(CARL_WITH_ANNA)),
    "case and display names do not matter": (
        letter(f"Somebody <{ANNA.upper()}>", f"anna <{CARL.title()}>"),
        outbound(CARL_WITH_ANNA),
    ),
    "to several contacts and a colleague": (
        letter(ANNA, CARL, BEN, cc=(DISA, STRANGER)),
        outbound(CARL_WITH_ANNA, DISA_WITH_ANNA),
    ),
    "to several salespeople": (
        letter(CARL, STRANGER, cc=(BEN, ANNA)),
        inbound(("CT000002", "BW", ""), CARL_WITH_ANNA),
    ),
    "to an alternative address": (letter(ANNA, CARL_AT_HOME), outbound(("CT000002", "AK", "HOME"))),
    "to both addresses of one contact": (letter(ANNA, CARL_AT_HOME, CARL), outbound(("CT000002", "AK", "HOME"))),
    "an assistant sends on behalf of a stranger": (
        letter("board@nordurljos.example", CARL, sender=ANNA),
        outbound(CARL_WITH_ANNA),
    ),
    "on behalf of somebody known": (letter(ANNA, CARL, sender=BEN), outbound(CARL_WITH_ANNA)),
    "a meeting request": (
        letter(ANNA, CARL).replace(b"text/plain", b"text/calendar; method=REQUEST"),
        outbound(CARL_WITH_ANNA, kind=Kind.MEETING),
    ),
    "a distribution list that hides nobody": (
        letter(CARL, ANNA, list_id="<malt.lists.example>", precedence="list"),
        inbound(CARL_WITH_ANNA),
    ),
    "a header that says that a person wrote it": (
        letter(CARL, ANNA, auto_submitted="no"),
        inbound(CARL_WITH_ANNA),
    ),
    "no sender": (
        letter("", ANNA),
        {"outcome": Outcome.NO_SENDER, "reason": "It has no From address."},
    ),
    "no recipients": (
        letter(ANNA),
        {"outcome": Outcome.NO_RECIPIENTS, "reason": "Nobody is in To or Cc."},
    ),
    "between colleagues": (
        letter(ANNA, BEN),
        {"outcome": Outcome.UNMATCHED, "reason": "No recipient is a contact."},
    ),
    "from a contact to nobody we know": (
        letter(CARL, STRANGER),
        {"outcome": Outcome.UNMATCHED, "reason": "No recipient is a salesperson."},
    ),
    "from a stranger": (
        letter(STRANGER, ANNA),
        {"outcome": Outcome.UNMATCHED, "reason": "The sender is neither a salesperson nor a contact."},
    ),
    "to the logging mailbox alone": (
        letter(ANNA, "log@nordurljos.example"),
        {"outcome": Outcome.UNMATCHED, "reason": "No recipient is a contact."},
    ),
    "a newsletter": (
        letter(CARL, ANNA, list_unsubscribe="<https://glencorran.example/out>"),
        {**AUTOMATIC, "reason": "It is a newsletter: it offers to unsubscribe."},
    ),
    "bulk mail": (letter(CARL, ANNA, precedence="bulk"), {**AUTOMATIC, "reason": "It was sent as bulk mail."}),
    "an absence note": (
        letter(CARL, ANNA, auto_submitted="auto-replied"),
        {**AUTOMATIC, "reason": "It is an automatic reply."},
    ),
    "a bounce": (
        letter(CARL, ANNA, return_path="<>"),
        {**AUTOMATIC, "reason": "It has no return path, as bounces and automatic replies have."},
    ),
    "an answer to a meeting request": (
        letter(CARL, ANNA).replace(b"text/plain", b"text/calendar; method=REPLY"),
        {**AUTOMATIC, "reason": "It is a response to a meeting request."},
    ),
    "a mailing list of strangers": (
        letter(STRANGER, "malt@lists.example", list_id="<malt.lists.example>"),
        {**AUTOMATIC, "reason": "It came through a mailing list."},
    ),
    "private mail": (letter(CARL, ANNA, sensitivity="Private"), PRIVATE),
    "confidential mail": (letter(ANNA, CARL, sensitivity="Company-Confidential"), PRIVATE),
    "personal mail, which is not private": (letter(ANNA, CARL, sensitivity="Personal"), outbound(CARL_WITH_ANNA)),
}


async def test_a_mail_ends_as_its_senders_recipients_and_headers_say(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    for number, (name, (raw, _)) in enumerate(CASES.items()):
        mailbox.put(raw.replace(b"Malt and lamps", name.encode()).replace(b"<1@", b"<%d@" % number))

    run = await run_now(world)

    wanted = {name: Case(**case) for name, (_, case) in CASES.items()}  # type: ignore[arg-type]
    rows = {row.message.subject: row for row in await ledger(world)}
    log = defaultdict(list)
    for entry in await entries(world):
        log[entry.subject].append(entry)
    assert {name: (rows[name].decision.outcome, rows[name].decision.reason) for name in CASES if name in rows} == {
        name: (case.outcome, case.reason) for name, case in wanted.items() if case.outcome is not Outcome.EXCLUDED
    }
    assert all((row.finished, row.tries, row.decision.marks) == (True, 0, ()) for row in rows.values())
    assert {
        (row.message.from_address, row.decision.reason) for row in await ledger(world) if not row.message.subject
    } == {(ANNA, PRIVATE["reason"]), (CARL, PRIVATE["reason"])}
    for name, case in wanted.items():
        found = {(e.contact_no, e.salesperson_code, e.alternative_address_code) for e in log[name]}
        assert (name, found) == (name, set(case.pairs))
        assert {(e.kind, e.information_flow) for e in log[name]} <= {(case.kind, case.flow)}
        assert {e.id for e in log[name]} == (set(rows[name].interaction_ids) if name in rows else set())
    is_logged = {name: case.outcome is Outcome.LOGGED for name, case in wanted.items()}
    assert folders(tenant) == {
        "Archive": [name for name in CASES if is_logged[name]],
        "Not logged": [name for name in CASES if not is_logged[name]],
    }
    assert run.outcomes == Counter(case.outcome for case in wanted.values())


async def test_an_entry_says_all_that_is_known_of_the_message(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    subject = "Ljósaperur fyrir eimingarhúsið " + "og meira " * 20
    raw = letter(ANNA, CARL_AT_HOME, subject=subject, message_id="<Malt.1@letters.example>")
    item = tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, received_at=RECEIVED)

    await run_now(world)

    (entry,) = await entries(world)
    assert entry.occurred_at == SENT, "outbound: the time it was sent"
    assert (entry.information_flow, entry.initiated_by, entry.kind) == ("Outbound", "Us", "Message")
    assert (entry.contact_no, entry.company_no, entry.salesperson_code) == ("CT000002", "CT000001", "AK")
    assert entry.alternative_address_code == "HOME"
    assert entry.subject == item.subject.strip()
    assert len(entry.subject) > 100
    assert entry.description == entry.subject[:100]
    assert (entry.evaluation, entry.canceled, entry.opportunity_no, entry.comment_count) == ("", False, "", 0)
    assert entry.internet_message_id == "<Malt.1@letters.example>"
    assert (entry.conversation_id, entry.has_attachments) == (item.conversation_id, False)
    assert (entry.mailbox, entry.item_id) == (tenant.logging_mailbox, item.immutable_id)
    canonical = await world.interactions.get(entry.id)
    assert replace(canonical, etag="") == replace(entry, etag=""), "the copy in the list says the same"


async def test_an_inbound_entry_has_the_time_it_was_received_and_was_initiated_by_them(
    world: World, tenant: Tenant
) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(DISA, BEN), received_at=RECEIVED)

    await run_now(world)

    (entry,) = await entries(world)
    assert (entry.occurred_at, entry.information_flow, entry.initiated_by) == (RECEIVED, "Inbound", "Them")
    assert (entry.contact_no, entry.company_no, entry.salesperson_code) == ("CT000003", "", "BW")


async def test_the_ledger_says_what_came_when_from_whom_and_what_became_of_it(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    raw = letter(STRANGER, ANNA, cc=(DISA,), message_id="<7@elsewhere.example>")
    item = tenant.exchange.mailbox(tenant.logging_mailbox).put(raw, received_at=RECEIVED)
    began = world.clock()

    await run_now(world)

    (row,) = await ledger(world)
    message = row.message
    assert (message.mailbox, message.item_id) == (tenant.logging_mailbox, item.immutable_id)
    assert (message.internet_message_id, message.subject) == ("<7@elsewhere.example>", "Malt and lamps")
    assert (message.from_address, message.to, message.cc) == (STRANGER, (ANNA,), (DISA,))
    assert (message.sent_at, message.received_at, message.headers) == (SENT, RECEIVED, ())
    assert began <= row.decided_at <= world.clock()
    assert row.interaction_ids == ()
    assert (await world.ledger.get(row.id)).decision == row.decision
    with pytest.raises(NotFound):
        await world.ledger.get(row.id[:-1] + "x")


async def test_a_draft_is_not_logged(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(ANNA, CARL), is_draft=True)

    assert (await run_now(world)).outcomes == {Outcome.DRAFT: 1}

    (row,) = await ledger(world)
    assert row.decision.reason == "It is a draft that was never sent."
    assert folders(tenant) == {"Not logged": ["Malt and lamps"]}


@pytest.mark.parametrize("first", ["logged", "unmatched"])
async def test_the_same_mail_under_another_item_is_a_duplicate_whatever_became_of_the_first(
    world: World, tenant: Tenant, first: str
) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    raw = letter(ANNA, CARL if first == "logged" else STRANGER)
    mailbox.put(raw)
    mailbox.put(raw)
    assert (await run_now(world)).outcomes == {Outcome(first): 1, Outcome.DUPLICATE: 1}

    mailbox.put(raw)
    assert (await run_now(world)).outcomes == {Outcome.DUPLICATE: 1}

    assert sorted(row.decision.outcome for row in await ledger(world)) == sorted(["duplicate", "duplicate", first])
    assert {row.decision.reason for row in await ledger(world) if row.decision.outcome is Outcome.DUPLICATE} == {
        "The same mail is in the ledger already."
    }
    assert len(await entries(world)) == (first == "logged")
    assert len(folders(tenant)["Not logged"]) == (2 if first == "logged" else 3)


@pytest.mark.parametrize(
    "other",
    [
        letter(ANNA, CARL, subject="Another matter"),
        letter(BEN, CARL),
        letter(ANNA, CARL, sent=SENT + timedelta(seconds=1)),
    ],
    ids=["subject", "sender", "sent time"],
)
async def test_another_mail_with_the_same_message_id_is_logged_and_marked(
    world: World, tenant: Tenant, other: bytes
) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    original, forged = mailbox.put(letter(ANNA, CARL)), mailbox.put(other)

    assert (await run_now(world)).outcomes == {Outcome.LOGGED: 2}

    marks = {row.message.item_id: row.decision.marks for row in await ledger(world)}
    assert marks == {original.immutable_id: (), forged.immutable_id: (Mark.ID_COLLISION,)}
    assert len({entry.id for entry in await entries(world)}) == 2
    assert len(folders(tenant)["Archive"]) == 2
