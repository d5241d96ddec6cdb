"""What a run has left: rows of the ledger, entries of the log, and the folders of the logging mailbox."""

import base64

from azure.storage.queue.aio import QueueServiceClient

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


async def notes(storage: str) -> list[str]:
    """Mailboxes that a run is asked for, by notes in the queue; these are taken out of it."""
    async with QueueServiceClient.from_connection_string(storage) as service:
        queue = service.get_queue_client("drain-mailbox")
        if not [one async for one in service.list_queues(name_starts_with="drain-mailbox")]:
            return []
        found = [note async for note in queue.receive_messages()]
        for note in found:
            await queue.delete_message(note)
        return [base64.b64decode(note.content).decode() for note in found]
