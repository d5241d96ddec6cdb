"""Close a connection without an answer, as a network does."""

from asyncio import Transport
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable
from uvicorn._types import Scope as UvicornScope
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "box.transport"


class BreakableConnection(H11Protocol):
    """uvicorn's connection, with its transport in reach of the application."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        application = self.app

        async def with_transport(scope: UvicornScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            cast(Scope, scope)[_TRANSPORT] = transport
            await application(scope, receive, send)

        self.app = with_transport


class HangUp(Response):
    """No answer at all: the client sees a connection reset."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        scope[_TRANSPORT].abort()
        while (await receive())["type"] != "http.disconnect":
            pass
