"""Held mail comes back as what it is, though its headers are not stored."""

from local.tenant import Tenant
from shared.jobs.keep_directory import add_contact
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.message import Kind
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.sales.interaction import InteractionFilter
from shared.sales.party import Contact, ContactType
from tests.jobs.company import ANNA, STRANGER, found_company, letter

NEWCOMER = Contact("CT000009", ContactType.PERSON, "Sigga Newcomer", email=STRANGER)


async def test_bulk_mail_that_was_held_is_logged_as_automatic(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant, log_automatic_mail=True)
    item = tenant.exchange.mailbox(tenant.logging_mailbox).put(letter(STRANGER, ANNA, Precedence="bulk"))
    assert (await run_now(world)).outcomes == {Outcome.UNMATCHED: 1}

    await add_contact(world, NEWCOMER)
    await run_now(world)

    row = await world.ledger.get(item_key(tenant.logging_mailbox, item.immutable_id, item.received_at))
    assert (row.decision.outcome, row.decision.kind, row.finished) == (Outcome.LOGGED, Kind.AUTOMATIC, True)
    page = await world.interactions.page(InteractionFilter(), None, None, None, 10)
    assert [(entry.contact_no, entry.kind) for entry in page.items] == [("CT000009", Kind.AUTOMATIC)]
