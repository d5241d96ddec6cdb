"""What a run has left: rows of the ledger, entries of the log, and the folders of the logging mailbox."""

from local.tenant import Tenant
from shared.jobs.ports import World
from shared.mail.ledger import LedgerRow
from shared.sales.interaction import Interaction, InteractionFilter


async def ledger(world: World) -> list[LedgerRow]:
    """As people read it, newest first; each row must be the one that counts."""
    page = await world.ledger.page(None, "", None, None, None, 1000)
    assert page.next is None
    return list(page.items)


async def entries(world: World, **wanted: str) -> list[Interaction]:
    """Newest first."""
    page = await world.interactions.page(InteractionFilter(**wanted), None, None, None, 1000)  # type: ignore[arg-type]
    assert page.next is None
    return list(page.items)


def folders(tenant: Tenant) -> dict[str, list[str]]:
    """Subjects by folder, oldest first; empty folders are left out."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    subjects = {name: [item.subject for item in mailbox.messages(name)] for name in mailbox.folders}
    return {name: inside for name, inside in subjects.items() if inside}
