"""Change notification subscriptions on mail. https://learn.microsoft.com/graph/api/resources/subscription"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.exchange import Exchange
from local.tenant.graph.errors import GraphError
from local.tenant.graph.messages import body_of
from local.tenant.graph.notifications import Notifier
from local.tenant.knobs import Knobs
from local.tenant.mailbox import Folder, Item, Mailbox

type LifecycleEvent = Literal["missed", "subscriptionRemoved", "reauthorizationRequired"]

_LONGEST = timedelta(minutes=10_080)
_SHORTEST = timedelta(minutes=45)
_RESOURCE = re.compile(
    r"/?users(?:/([^/()]+)|\('([^']+)'\))(?:/mailfolders(?:/([^/()]+)|\('([^']+)'\)))?/messages/?", re.IGNORECASE
)


@dataclass
class Subscription:
    """Who wants to hear about which folder, until when."""

    id: str
    change_types: list[str]
    resource: str
    mailbox: str
    folder: Folder | None  # None: the whole mailbox
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires_at: datetime
    application_id: str
    immutable_ids: bool

    def same_as(self, other: "Subscription") -> bool:
        return (self.resource.lower(), self.change_types) == (other.resource.lower(), other.change_types)

    def hears_of(self, mailbox: Mailbox, item: Item) -> bool:
        return mailbox.address == self.mailbox and self.folder in (None, item.folder)


class Subscriptions:
    """Endpoints below /subscriptions, and what makes notifications out of arriving mail."""

    def __init__(self, exchange: Exchange, knobs: Knobs, notifier: Notifier, tenant_id: str) -> None:
        self._exchange, self._knobs, self._notifier, self._tenant_id = exchange, knobs, notifier, tenant_id
        self._all: list[Subscription] = []

    def active(self) -> list[Subscription]:
        """Those that have not expired, oldest first."""
        now = self._knobs.now()
        return [one for one in self._all.copy() if one.expires_at > now]

    def created(self, mailbox: Mailbox, item: Item) -> None:
        """An item came into a folder, by delivery or by move."""
        for one in self.active():
            if self._knobs.notifications and "created" in one.change_types and one.hears_of(mailbox, item):
                self._notifier.tell(one.notification_url, self._notification(one, item))

    def lifecycle(self, event: LifecycleEvent, subscription_id: str | None = None) -> None:
        """Send a lifecycle notice to one subscriber, or to all. A removed subscription is gone."""
        for one in self.active():
            if subscription_id not in (None, one.id):
                continue
            if event == "subscriptionRemoved":
                self._all.remove(one)
            if one.lifecycle_url:
                self._notifier.tell(one.lifecycle_url, self._envelope(one) | {"lifecycleEvent": event})

    async def create(self, request: Request) -> Response:
        wanted = await body_of(request)
        mailbox, folder = self._target(_text(wanted, "resource"))
        prefer = request.headers.get("prefer", "").lower().replace('"', "").replace(" ", "")
        one = Subscription(
            id=str(uuid4()),
            change_types=_change_types(_text(wanted, "changeType")),
            resource=_text(wanted, "resource"),
            mailbox=mailbox.address,
            folder=folder,
            notification_url=_url(_text(wanted, "notificationUrl")),
            lifecycle_url=_lifecycle_url(wanted),
            client_state=_client_state(wanted.get("clientstate")),
            expires_at=self._expiration(_text(wanted, "expirationDateTime")),
            application_id=request.state.application_id,
            immutable_ids="idtype=immutableid" in prefer,
        )
        if any(old.same_as(one) for old in self.active()):
            raise GraphError(409, "ExtensionError", "A subscription for this resource and change type exists already.")
        for url in filter(None, (one.notification_url, one.lifecycle_url)):
            if not await self._notifier.handshake(url):
                message = "Subscription validation request failed. HTTP status code is not OK or the token is wrong."
                raise GraphError(400, "ValidationError", message)
        self._all.append(one)
        return JSONResponse(_shape(one), HTTPStatus.CREATED)

    async def page(self, _request: Request) -> Response:
        return JSONResponse({"value": [_shape(one) for one in self.active()]})

    async def get(self, request: Request) -> Response:
        return JSONResponse(_shape(self._one(request)))

    async def renew(self, request: Request) -> Response:
        """Only the expiration and the notification address can change; a lifecycle address cannot be added."""
        one, wanted = self._one(request), await body_of(request)
        if "expirationdatetime" in wanted:
            one.expires_at = self._expiration(_text(wanted, "expirationDateTime"))
        if "notificationurl" in wanted:
            one.notification_url = _url(_text(wanted, "notificationUrl"))
        return JSONResponse(_shape(one))

    async def delete(self, request: Request) -> Response:
        self._all.remove(self._one(request))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _one(self, request: Request) -> Subscription:
        wanted = request.path_params["subscription"]
        found = next((one for one in self.active() if one.id == wanted), None)
        if found is None:
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        return found

    def _target(self, resource: str) -> tuple[Mailbox, Folder | None]:
        parsed = _RESOURCE.fullmatch(unquote(resource))
        if not parsed:
            raise GraphError(400, "ExtensionError", f"Operation: Create; the resource '{resource}' is not supported.")
        mailbox = self._exchange.existing(parsed.group(1) or parsed.group(2))
        name = parsed.group(3) or parsed.group(4)
        folder = mailbox.folder(name) if mailbox and name else None
        if mailbox is None or (name and folder is None):
            raise GraphError(404, "ResourceNotFound", "The mailbox or folder in 'resource' was not found.")
        return mailbox, folder

    def _expiration(self, text: str) -> datetime:
        """At most seven days ahead; nearer than 45 minutes is raised to that, as Graph does."""
        try:
            wanted = datetime.fromisoformat(text)
        except ValueError:
            raise GraphError(400, "BadRequest", "Cannot convert the literal to 'Edm.DateTimeOffset'.") from None
        wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
        now = self._knobs.now()
        if wanted <= now:
            raise GraphError(400, "ExtensionError", "Subscription expiration must be in the future.")
        if wanted > now + _LONGEST + timedelta(minutes=1):
            raise GraphError(400, "ExtensionError", "Subscription expiration can only be 10080 minutes in the future.")
        return max(wanted, now + _SHORTEST)

    def _notification(self, one: Subscription, item: Item) -> dict[str, Any]:
        item_id = item.immutable_id if one.immutable_ids else item.id
        resource = f"Users/{one.mailbox}/Messages/{item_id}"
        data = {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "id": item_id}
        return self._envelope(one) | {"changeType": "created", "resource": resource, "resourceData": data}

    def _envelope(self, one: Subscription) -> dict[str, Any]:
        return {
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": one.expires_at.isoformat(),
            "clientState": one.client_state,
            "tenantId": self._tenant_id,
        }


def _text(wanted: dict[str, Any], name: str) -> str:
    value = wanted.get(name.lower())
    if not isinstance(value, str) or not value:
        raise GraphError(400, "BadRequest", f"The property '{name}' is required and must be a string.")
    return value


def _change_types(text: str) -> list[str]:
    types = sorted({one.strip().lower() for one in text.split(",")})
    if not set(types) <= {"created", "updated", "deleted"}:
        raise GraphError(400, "BadRequest", f"Invalid changeType '{text}'.")
    return types


def _url(text: str) -> str:
    """Graph wants https; the box also takes http on this machine, where the functions host listens."""
    parts = urlsplit(text)
    if parts.hostname not in ("localhost", "127.0.0.1") or parts.scheme not in ("https", "http"):
        raise GraphError(400, "BadRequest", "The notification URL must be on localhost.")
    return text


def _lifecycle_url(wanted: dict[str, Any]) -> str | None:
    return _url(_text(wanted, "lifecycleNotificationUrl")) if wanted.get("lifecyclenotificationurl") else None


def _client_state(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > 128):
        raise GraphError(400, "BadRequest", "clientState must be a string of at most 128 characters.")
    return value


def _shape(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.id,
        "resource": one.resource,
        "applicationId": one.application_id,
        "changeType": ",".join(one.change_types),
        "clientState": one.client_state,
        "notificationUrl": one.notification_url,
        "lifecycleNotificationUrl": one.lifecycle_url,
        "expirationDateTime": one.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
