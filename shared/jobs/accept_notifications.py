"""What Graph tells us becomes a hint on the queue, and nothing more: an answer is owed within seconds."""

import hmac
from collections.abc import Sequence
from typing import Any

from shared.errors import Invalid
from shared.jobs.ports import World
from shared.mail.subscription import Notice
from shared.together import together


def notices_in(body: Any) -> list[Notice]:
    """The notices of a notification's JSON. Raises Invalid when it is something else."""
    try:
        return [
            Notice(str(one["subscriptionId"]), str(one.get("clientState")), str(one.get("lifecycleEvent") or ""))
            for one in body["value"]
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise Invalid("This is not a change notification.") from error


async def accept_notifications(world: World, notices: Sequence[Notice]) -> None:
    """Passes hints on. Notices that do not carry the secret of their subscription are left alone.

    Raises StorageUnavailable: then Graph is told to send them again.
    """
    ids = {notice.subscription_id for notice in notices}
    found = await together(world.subscriptions.find(subscription_id) for subscription_id in ids)
    subscriptions = dict(zip(ids, found, strict=True))
    mailboxes: set[str] = set()
    for notice in notices:
        subscription = subscriptions[notice.subscription_id]
        if subscription and hmac.compare_digest(subscription.client_state.encode(), notice.client_state.encode()):
            mailboxes.add(subscription.mailbox)
            if notice.lifecycle in {"subscriptionRemoved", "reauthorizationRequired"}:
                await world.subscriptions.expire(subscription)
                await world.hints.renew_subscriptions()
    for mailbox in mailboxes:
        await world.hints.drain_mailbox(mailbox)
