"""The box's own endpoints, for tests and benchmarks in another process."""

from collections.abc import Callable
from json import JSONDecodeError

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.tenant.exchange import Exchange
from local.tenant.gate import Gate
from local.tenant.graph.notifications import Notifier
from local.tenant.graph.subscriptions import Subscriptions
from local.tenant.knobs import Knobs
from local.tenant.mailbox import Mailbox


class Control:
    """Everything under /box. Bodies and answers are JSON; what is wrong in a body answers 400 in plain words."""

    def __init__(
        self,
        knobs: Knobs,
        gate: Gate,
        exchange: Exchange,
        subscriptions: Subscriptions,
        notifier: Notifier,
        rotate_secret: Callable[[], str],
        revoke_tokens: Callable[[], None],
    ) -> None:
        self._knobs, self._gate, self._exchange = knobs, gate, exchange
        self._subscriptions, self._notifier = subscriptions, notifier
        self._rotate_secret, self._revoke_tokens = rotate_secret, revoke_tokens

    def routes(self) -> list[Route]:
        return [
            Route("/box/knobs", self.knobs, methods=["GET", "PUT"]),
            Route("/box/state", self.state, methods=["GET"]),
            Route("/box/reset", self.reset, methods=["POST"]),
            Route("/box/rotate-secret", self.rotate, methods=["POST"]),
            Route("/box/revoke-tokens", self.revoke, methods=["POST"]),
            Route("/box/lifecycle", self.lifecycle, methods=["POST"]),
        ]

    async def knobs(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self._knobs.change(await request.json())
            except (JSONDecodeError, ValueError, TypeError, AttributeError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(self._knobs.as_json())

    async def state(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "requests": self._gate.requests,
                "requestsByMailbox": self._gate.requests_by_mailbox,
                "refused": self._gate.refused,
                "mostConcurrent": self._gate.most_concurrent,
                "subscriptions": len(self._subscriptions.active()),
                "notifications": {"delivered": self._notifier.delivered, "failedTries": self._notifier.failed_tries},
                "mailboxes": {address: _contents(mailbox) for address, mailbox in self._exchange.mailboxes.items()},
            }
        )

    async def reset(self, _request: Request) -> Response:
        self._gate.reset()
        return Response(status_code=204)

    async def rotate(self, _request: Request) -> Response:
        self._rotate_secret()
        return Response(status_code=204)

    async def revoke(self, _request: Request) -> Response:
        self._revoke_tokens()
        return Response(status_code=204)

    async def lifecycle(self, request: Request) -> Response:
        wanted = await request.json()
        self._subscriptions.lifecycle(wanted["event"], wanted.get("subscriptionId"))
        return Response(status_code=204)


def _contents(mailbox: Mailbox) -> dict[str, list[str]]:
    return {name: [item.internet_message_id for item in folder.items()] for name, folder in mailbox.folders.items()}
