"""Our change notifications: a row by mailbox, and one by the id that Graph calls it by."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.mail.message_key import digest
from shared.mail.subscription import Subscription
from shared.storage.columns import from_columns, to_columns
from shared.storage.tables import Tables

TABLE = "subscriptions"
_BY_MAILBOX, _BY_ID = "mailbox", "id"


class SubscriptionStore:
    """Implements `ports.Subscriptions`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, mailbox: str) -> Subscription | None:
        """The mailbox's subscription."""
        row = await self._tables.get(TABLE, _BY_MAILBOX, digest(mailbox))
        return from_columns(Subscription, row) if row else None

    async def find(self, subscription_id: str) -> Subscription | None:
        """The subscription that Graph means."""
        row = await self._tables.get(TABLE, _BY_ID, digest(subscription_id))
        return from_columns(Subscription, row) if row else None

    async def put(self, subscription: Subscription) -> None:
        """Keeps it, first by id: a notification may come before this returns."""
        columns = to_columns(subscription)
        await self._tables.put(TABLE, {**columns, "PartitionKey": _BY_ID, "RowKey": digest(subscription.id)})
        mailbox = {"PartitionKey": _BY_MAILBOX, "RowKey": digest(subscription.mailbox)}
        await self._tables.put(TABLE, {**columns, **mailbox})

    async def expire(self, subscription: Subscription) -> None:
        """Makes it due for renewal at once."""
        await self.put(replace(subscription, expires_at=datetime.fromtimestamp(0, UTC)))

    async def remove(self, subscription: Subscription) -> None:
        """Forgets it."""
        await self._tables.delete(TABLE, _BY_MAILBOX, digest(subscription.mailbox))
        await self._tables.delete(TABLE, _BY_ID, digest(subscription.id))
