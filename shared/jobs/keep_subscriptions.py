"""Change notifications: asked for, renewed long before they end, and believed only when they are Graph's.

A notification is a hint that there is something to read. The timer is the truth: whatever happens to notifications, the
next tick reads the Inbox.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import ProductError
from shared.jobs.ports import World
from shared.mail.setup import EmailLoggingSetup
from shared.mail.subscription import LIFETIME


@dataclass(frozen=True, slots=True)
class Notice:
    """One item of what Graph sends. `lifecycle` is "" for a change, else Graph's word for what has happened to it."""

    subscription_id: str
    client_state: str
    lifecycle: str = ""


async def keep_subscriptions(world: World) -> dict[str, str]:
    """Makes and renews what is due. Answers by mailbox with what went wrong, in a sentence."""
    setup = await world.setups.get()
    troubles: dict[str, str] = {}
    for mailbox in setup.mailboxes if setup.enabled else ():
        try:
            await _keep(world, setup, mailbox)
        except ProductError as error:
            troubles[mailbox] = error.message
    return troubles


async def accept_notices(world: World, notices: Iterable[Notice]) -> None:
    """Passes hints on to the queue. Notices that do not carry our own secret are left alone.

    Raises StorageUnavailable: then Graph is told to send them again.
    """
    mailboxes: set[str] = set()
    for notice in notices:
        subscription = await world.subscriptions.find(notice.subscription_id)
        if subscription and hmac.compare_digest(subscription.client_state.encode(), notice.client_state.encode()):
            mailboxes.add(subscription.mailbox)
            if notice.lifecycle == "subscriptionRemoved":
                await world.subscriptions.remove(subscription)
            if notice.lifecycle in {"subscriptionRemoved", "reauthorizationRequired"}:
                await world.hints.keep_subscriptions()
    for mailbox in mailboxes:
        await world.hints.drain_mailbox(mailbox)


async def _keep(world: World, setup: EmailLoggingSetup, mailbox: str) -> None:
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
    made = await graph.subscribe(mailbox, secrets.token_urlsafe(32), now + LIFETIME)
    await world.subscriptions.put(made)
    # There was a gap, in which nobody told us anything.
    await world.hints.drain_mailbox(mailbox)
