"""Reading the interaction log: entries with the names that people have now, and the message behind an entry."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import MailboxRefused
from shared.jobs.mail_ports import Mailbox
from shared.jobs.ports import World
from shared.mail.content import MessageContent, MessageReference
from shared.mail.setup import EmailLoggingSetup
from shared.paging import Page, Place
from shared.sales.interaction import Comment, Interaction, InteractionFilter

_MAIL_KEY = slice(8, 40)
"""Where an entry's id has its mail's key: see `LedgerRow.interaction_id`."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by number. Somebody who is gone has none."""

    contacts: dict[str, str]
    """Companies are contacts, too."""
    salespeople: dict[str, str]


async def read_interactions(
    world: World, wanted: InteractionFilter, start: Place | None, limit: int, setup: EmailLoggingSetup
) -> Page[Interaction]:
    """A page of the log, newest first."""
    since = setup.start_of(wanted.from_date) if wanted.from_date else None
    until = setup.start_of(wanted.to_date + timedelta(days=1)) if wanted.to_date else None
    return await world.interactions.page(wanted, since, until, start, limit)


async def read_interaction(world: World, entry_id: str) -> tuple[Interaction, tuple[Comment, ...]]:
    """One entry with its comments. Raises NotFound."""
    entry = await world.interactions.get(entry_id)
    return entry, await world.interactions.comments(entry_id)


async def names_in(world: World, contact_nos: Iterable[str], salesperson_codes: Iterable[str]) -> Names:
    """The names that these people have now."""
    contacts, salespeople = await asyncio.gather(
        world.directory.contacts.find_all(set(contact_nos)),
        world.directory.salespeople.find_all(set(salesperson_codes)),
    )
    return Names(
        contacts={number: contact.name for number, contact in contacts.items()},
        salespeople={code: salesperson.name for code, salesperson in salespeople.items()},
    )


async def show_message(world: World, entry_id: str) -> MessageContent:
    """The message of an entry, read from its mailbox. Raises NotFound, MessageGone."""
    mailbox, reference = await _original(world, entry_id)
    return await mailbox.read_original(reference)


async def open_message(world: World, entry_id: str) -> str:
    """A link that opens the message of an entry now. Raises NotFound, MessageGone."""
    mailbox, reference = await _original(world, entry_id)
    return await mailbox.link_to_original(reference)


async def _original(world: World, entry_id: str) -> tuple[Mailbox, MessageReference]:
    entry = await world.interactions.get(entry_id)
    setup = await world.setups.get()
    if not setup.client_id:
        raise MailboxRefused("Email Logging is not set up, so the mailbox cannot be opened.")
    reference = MessageReference(
        mailbox=entry.mailbox,
        item_id=entry.item_id,
        internet_message_id=entry.internet_message_id,
        mail_key=entry.id[_MAIL_KEY],
    )
    return world.mailboxes.open(entry.mailbox, setup), reference
