"""The life of one message, against real storage and the tenant in a box."""

from local.tenant import Tenant
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_now
from shared.mail.outcome import Outcome
from shared.sales.interaction import InteractionFilter
from tests.jobs.company import ANNA, CARL, found_company, letter


async def test_mail_from_a_salesperson_to_a_contact_is_logged_and_archived(world: World, tenant: Tenant) -> None:
    await found_company(world, tenant)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    mailbox.put(letter(ANNA, CARL))

    run = await run_now(world)

    assert run.outcomes == {Outcome.LOGGED: 1}
    page = await world.interactions.page(InteractionFilter(), None, None, None, 10)
    (entry,) = page.items
    assert (entry.contact_no, entry.company_no, entry.salesperson_code) == ("CT000002", "CT000001", "AK")
    assert (entry.information_flow, entry.initiated_by) == ("Outbound", "Us")
    assert [item.subject for item in mailbox.messages("Archive")] == ["Malt and lamps"]
    assert mailbox.messages("Inbox") == []
