"""Change notifications are asked for, and renewed long before they end.

They are hints that there is something to read. The timer is the truth: whatever becomes of notifications, the next tick
reads the Inbox.
"""

import secrets

from shared.errors import ProductError
from shared.jobs.ports import World
from shared.mail.setup import EmailLoggingSetup
from shared.mail.subscription import LIFETIME


async def renew_subscriptions(world: World) -> dict[str, str]:
    """Makes and renews what is due. Answers by mailbox with what went wrong, in a sentence."""
    setup = await world.setups.get()
    troubles: dict[str, str] = {}
    for mailbox in setup.mailboxes if setup.enabled else ():
        try:
            await _renew(world, setup, mailbox)
        except ProductError as error:
            troubles[mailbox] = error.message
    return troubles


async def _renew(world: World, setup: EmailLoggingSetup, mailbox: str) -> None:
    now = world.clock()
    had = await world.subscriptions.get(mailbox)
    if had and not had.is_due(now):
        return
    graph = world.mailboxes.notifications(setup)
    renewed = await graph.renew(had, now + LIFETIME) if had else None
    if renewed:
        await world.subscriptions.put(renewed)
        return
    if had:
        await world.subscriptions.remove(had)
    await world.subscriptions.put(await graph.subscribe(mailbox, secrets.token_urlsafe(32), now + LIFETIME))
    # There was a gap, in which nobody told us anything.
    await world.hints.drain_mailbox(mailbox)
