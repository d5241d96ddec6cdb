"""Brings everything together. The only file that knows every class; nothing in it runs until it is asked for.

The SDKs' asynchronous clients belong to the event loop that made them, so there is one set for each loop.
"""

import asyncio
import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from azure.core.credentials_async import AsyncTokenCredential
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import ManagedIdentityCredential
from azure.storage.queue.aio import QueueServiceClient

from shared.jobs.mail_ports import Mailbox, Notifications
from shared.jobs.ports import World
from shared.mail.setup import EmailLoggingSetup
from shared.secrets import Secrets
from shared.settings import Settings, read_settings
from shared.storage.background_jobs import BackgroundJobStore
from shared.storage.close_codes import CloseOpportunityCodeStore
from shared.storage.conversations import ConversationStore
from shared.storage.directory import Directory
from shared.storage.interactions import InteractionStore
from shared.storage.ledger import LedgerStore
from shared.storage.never_log import NeverLogStore
from shared.storage.numbers import NumberSeries
from shared.storage.opportunities import OpportunityStore
from shared.storage.queues import Queues
from shared.storage.runs import RunStore
from shared.storage.sales_cycles import SalesCycleStore
from shared.storage.setup import SetupStore
from shared.storage.subscriptions import SubscriptionStore
from shared.storage.tables import Tables

if TYPE_CHECKING:
    from shared.graph.client import GraphClient
    from shared.graph.mailbox import GraphMailbox

_worlds: WeakKeyDictionary[asyncio.AbstractEventLoop, "Wiring"] = WeakKeyDictionary()


@cache
def settings() -> Settings:
    """The app's settings. Raises SettingsError."""
    return read_settings(os.environ)


def world() -> World:
    """The world of the running event loop, made when it is first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _worlds:
        _worlds[loop] = Wiring(settings())
    return _worlds[loop].world


class Wiring:
    """One set of clients, and the world made of them."""

    def __init__(self, settings: Settings) -> None:
        self._identity: AsyncTokenCredential = ManagedIdentityCredential(client_id=settings.identity_client_id or None)
        self._table_service, self._queue_service = _storage(settings, self._identity)
        self._mailboxes = OpenMailboxes(settings, Secrets(settings.key_vault_url, self._identity))
        tables = Tables(self._table_service)
        numbers = NumberSeries(tables)
        self.world = World(
            clock=lambda: datetime.now(UTC),
            mailboxes=self._mailboxes,
            ledger=LedgerStore(tables),
            never_log=NeverLogStore(tables),
            subscriptions=SubscriptionStore(tables),
            interactions=InteractionStore(tables),
            conversations=ConversationStore(tables),
            directory=Directory(tables),
            opportunities=OpportunityStore(tables, numbers),
            sales_cycles=SalesCycleStore(tables),
            close_opportunity_codes=CloseOpportunityCodeStore(tables),
            numbers=numbers,
            setups=SetupStore(tables),
            runs=RunStore(tables),
            background_jobs=BackgroundJobStore(tables),
            hints=Queues(self._queue_service),
        )

    async def close(self) -> None:
        """Closes all connections."""
        closing: tuple[Any, ...] = (self._mailboxes, self._table_service, self._queue_service, self._identity)
        for one in closing:
            await one.close()


class OpenMailboxes:
    """Implements `ports.Mailboxes`: one Graph client for each client id, one mailbox for each address."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._clients: dict[str, GraphClient] = {}
        self._mailboxes: dict[tuple[str, str], GraphMailbox] = {}

    def open(self, address: str, setup: EmailLoggingSetup) -> Mailbox:
        """The mailbox, by the sign-in that the setup names. The SDK is loaded only now: pages do not wait for it."""
        from shared.graph.mailbox import GraphMailbox

        key = (setup.client_id, address)
        if key not in self._mailboxes:
            self._mailboxes[key] = GraphMailbox(self._client(setup), address)
        return self._mailboxes[key]

    def notifications(self, setup: EmailLoggingSetup) -> Notifications:
        """Graph's change notifications, by the same sign-in."""
        from shared.graph.notifications import GraphNotifications

        return GraphNotifications(self._client(setup), self._settings.public_url)

    def _client(self, setup: EmailLoggingSetup) -> "GraphClient":
        from shared.graph.client import GraphClient
        from shared.graph.credential import ClientSecretFromVault

        if setup.client_id not in self._clients:
            credential = ClientSecretFromVault(self._settings, self._secrets, setup.client_id)
            self._clients[setup.client_id] = GraphClient(self._settings.graph_url, credential)
        return self._clients[setup.client_id]

    async def close(self) -> None:
        """Closes the connections to Graph, Entra ID and Key Vault."""
        for client in self._clients.values():
            await client.close()
        await self._secrets.close()


def _storage(settings: Settings, identity: AsyncTokenCredential) -> tuple[TableServiceClient, QueueServiceClient]:
    # Else the SDK looks for a proxy and for ~/.netrc before each request, at a third of what the request costs us.
    direct: dict[str, Any] = {"use_env_settings": False}
    if settings.storage_connection:
        return (
            TableServiceClient.from_connection_string(settings.storage_connection, **direct),
            QueueServiceClient.from_connection_string(settings.storage_connection, **direct),
        )
    return (
        TableServiceClient(endpoint=settings.table_service_url, credential=identity, **direct),
        QueueServiceClient(settings.queue_service_url, credential=identity, **direct),
    )
