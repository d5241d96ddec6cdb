"""Change notifications of Microsoft Graph: asking for them, and renewing them."""

import json
from datetime import UTC, datetime
from typing import Any

from kiota_abstractions.method import Method

from shared.errors import MailboxRefused, MessageGone
from shared.graph.client import GraphClient
from shared.graph.requests import IMMUTABLE
from shared.mail.subscription import Subscription


class GraphNotifications:
    """Implements `ports.Notifications`. `public_url` is the app's own address."""

    def __init__(self, graph: GraphClient, public_url: str) -> None:
        self._graph = graph
        self._public_url = public_url

    async def subscribe(self, mailbox: str, client_state: str, expires: datetime) -> Subscription:
        """Asks to be told of messages that come into the Inbox. Graph calls us back before it answers.

        One that is there already is dropped: nobody here knows its secret, and Graph allows no second.
        """
        resource = f"users/{mailbox}/mailFolders('inbox')/messages"
        for one in (await self._send(Method.GET))["value"]:
            if one["resource"].lower() == resource.lower():
                await self._send(Method.DELETE, one["id"])
        answer = await self._send(
            Method.POST,
            None,
            {
                "changeType": "created",
                "resource": resource,
                "notificationUrl": f"{self._public_url}/api/graph/notifications",
                "lifecycleNotificationUrl": f"{self._public_url}/api/graph/lifecycle",
                "clientState": client_state,
                "expirationDateTime": _time(expires),
            },
        )
        return Subscription(answer["id"], mailbox, client_state, datetime.fromisoformat(answer["expirationDateTime"]))

    async def renew(self, subscription: Subscription, expires: datetime) -> Subscription | None:
        """Asks for more time. None when Graph does not know the subscription any more."""
        try:
            answer = await self._send(Method.PATCH, subscription.id, {"expirationDateTime": _time(expires)})
        except (MessageGone, MailboxRefused):
            return None
        granted = datetime.fromisoformat(answer["expirationDateTime"])
        return Subscription(subscription.id, subscription.mailbox, subscription.client_state, granted)

    async def _send(
        self, method: Method, subscription_id: str | None = None, body: dict[str, Any] | None = None
    ) -> Any:
        builder: Any = self._graph.builders.subscriptions
        if subscription_id:
            builder = builder.by_subscription_id(subscription_id)
        request = builder.to_get_request_information()
        request.http_method = method
        request.headers.add("Prefer", IMMUTABLE)
        if body:
            request.set_stream_content(json.dumps(body).encode(), "application/json")
        return await self._graph.send(request)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.0000000Z}"
