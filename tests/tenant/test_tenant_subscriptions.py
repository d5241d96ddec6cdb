import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from local.tenant import Tenant
from tests.tenant.letters import CONTACT, LOGGING_MAILBOX, SALESPERSON, letter, submit

INBOX = f"users/{LOGGING_MAILBOX}/mailFolders('inbox')/messages"


class Listener:
    """A web address that is told of changes; `answers` are the next statuses, then 202."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.token_type = "text/plain; charset=utf-8"
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                if token:
                    return self._answer(200, listener.token_type, token[0].encode())
                status = listener.answers.pop(0) if listener.answers else 202
                if status < 300:
                    listener.heard += json.loads(body)["value"]
                return self._answer(status, "text/plain", b"")

            def _answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notifications"


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    thread = Thread(target=listening.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield listening
    listening.server.shutdown()
    thread.join()
    listening.server.server_close()


async def until(holds: Callable[[], object], seconds: float = 5) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


async def subscribe(tenant: Tenant, web: httpx.AsyncClient, listener: Listener, **changed: Any) -> httpx.Response:
    expires = tenant.knobs.now() + timedelta(days=2)
    wanted = {
        "changeType": "created",
        "notificationUrl": listener.url,
        "lifecycleNotificationUrl": listener.url,
        "resource": INBOX,
        "expirationDateTime": expires.isoformat(),
        "clientState": "only we know",
    }
    headers = {"Prefer": 'IdType="ImmutableId"'}
    return await web.post(f"{tenant.url}/v1.0/subscriptions", json=wanted | changed, headers=headers)


async def test_arriving_mail_is_told_within_a_moment(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    created = await subscribe(tenant, web, listener)
    assert created.status_code == 201, created.text
    submit(tenant, letter(), CONTACT, SALESPERSON)
    await until(lambda: listener.heard)
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0]
    (told,) = listener.heard
    assert told["subscriptionId"] == created.json()["id"]
    assert told["clientState"] == "only we know"
    assert told["tenantId"] == tenant.tenant_id
    assert told["changeType"] == "created"
    assert told["resourceData"]["id"] == item.immutable_id


async def test_only_what_comes_into_the_folder_is_told_also_by_a_move(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    await subscribe(tenant, web, listener)
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    item = mailbox.put(letter().as_bytes(), folder="Archive")
    mailbox.move(item, "Inbox")
    mailbox.move(item, "Junk Email")
    mailbox.put(letter(Subject="last").as_bytes())
    await until(lambda: len(listener.heard) >= 2)
    assert len(listener.heard) == 2


async def test_a_failed_delivery_is_tried_again(tenant: Tenant, web: httpx.AsyncClient, listener: Listener) -> None:
    listener.answers = [503, 500]
    await subscribe(tenant, web, listener)
    submit(tenant, letter(), CONTACT, SALESPERSON)
    await until(lambda: listener.heard)
    assert len(listener.heard) == 1


async def test_a_silent_graph_tells_nothing(tenant: Tenant, web: httpx.AsyncClient, listener: Listener) -> None:
    await subscribe(tenant, web, listener)
    tenant.knobs.notifications = False
    submit(tenant, letter(), CONTACT, SALESPERSON)
    tenant.knobs.notifications = True
    submit(tenant, letter(), CONTACT, SALESPERSON)
    await until(lambda: listener.heard)
    second = tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[1]
    assert [told["resourceData"]["id"] for told in listener.heard] == [second.immutable_id]


async def test_lifecycle_notices_come_when_a_test_wants_them(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    subscription = (await subscribe(tenant, web, listener)).json()["id"]
    tenant.lifecycle("missed")
    await web.post(f"{tenant.url}/box/lifecycle", json={"event": "subscriptionRemoved"})
    await until(lambda: len(listener.heard) == 2)
    assert [told["lifecycleEvent"] for told in listener.heard] == ["missed", "subscriptionRemoved"]
    assert (await web.get(f"{tenant.url}/v1.0/subscriptions/{subscription}")).status_code == 404


async def test_subscriptions_are_listed_renewed_and_deleted(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    path = f"{tenant.url}/v1.0/subscriptions"
    one = (await subscribe(tenant, web, listener)).json()
    assert (await web.get(path)).json()["value"] == [one]
    later = (tenant.knobs.now() + timedelta(days=6)).replace(microsecond=0)
    renewed = await web.patch(f"{path}/{one['id']}", json={"expirationDateTime": later.isoformat()})
    assert renewed.json()["expirationDateTime"] == later.isoformat().replace("+00:00", "Z")
    assert (await subscribe(tenant, web, listener)).status_code == 409
    assert (await web.delete(f"{path}/{one['id']}")).status_code == 204
    assert (await web.get(path)).json()["value"] == []


async def test_a_subscription_ends_at_its_time_and_not_before_45_minutes(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    soon = (tenant.knobs.now() + timedelta(minutes=1)).isoformat()
    assert (await subscribe(tenant, web, listener, expirationDateTime=soon)).status_code == 201
    tenant.knobs.clock_offset_seconds = 44 * 60
    assert len(tenant.subscriptions.active()) == 1
    tenant.knobs.clock_offset_seconds = 46 * 60
    assert tenant.subscriptions.active() == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, 400),
        ({"expirationDateTime": "2099-01-01T00:00:00Z"}, 400),
        ({"expirationDateTime": "tomorrow"}, 400),
        ({"changeType": "arrived"}, 400),
        ({"clientState": "x" * 129}, 400),
        ({"notificationUrl": "https://elsewhere.example/"}, 400),
        ({"notificationUrl": "http://127.0.0.1:1/"}, 400),
        ({"resource": "me/events"}, 400),
        ({"resource": "users/nobody@nordurljos.example/messages"}, 404),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener, changed: dict[str, Any], status: int
) -> None:
    assert (await subscribe(tenant, web, listener, **changed)).status_code == status
    assert tenant.subscriptions.active() == []


async def test_the_validation_token_must_come_back_as_plain_text(
    tenant: Tenant, web: httpx.AsyncClient, listener: Listener
) -> None:
    listener.token_type = "application/json"
    answer = await subscribe(tenant, web, listener)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")
