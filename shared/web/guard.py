"""What every request passes before anything of it is read: who it is, what they may do, and what they send."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.web.identity import Role, require

LARGEST_BODY = 1024 * 1024
"""Bytes of a body that is not a file."""
_SAFE = {"GET", "HEAD"}


class GuardedRoute(APIRoute):
    """A route that is closed unless a subclass opens it; see `guarded`."""

    read: ClassVar[Role | None] = Role.ADMIN
    write: ClassVar[Role | None] = Role.ADMIN
    media_type: ClassVar[str] = "application/json"
    largest_body: ClassVar[int] = LARGEST_BODY

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The handler, behind the guard."""
        handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def guard(request: Request) -> Response:
            role = self.read if request.method in _SAFE else self.write
            if role is not None:
                request.state.person = require(request, role)
            if request.method not in _SAFE:
                _refuse_other_sites(request)
                await self._check_body(request)
            return await handle(request)

        return guard

    async def _check_body(self, request: Request) -> None:
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self.largest_body:
            raise HTTPException(413, f"The body is larger than {self.largest_body} bytes.")
        body = await request.body()
        if len(body) > self.largest_body:
            raise HTTPException(413, f"The body is larger than {self.largest_body} bytes.")
        sent_as = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if body and sent_as != self.media_type:
            raise HTTPException(415, f"Send the body as {self.media_type}.")


def guarded(read: Role | None, write: Role | None, **more: Any) -> type[GuardedRoute]:
    """A route class for routes that need these roles to be read and written; None opens them to everybody."""
    return type("Guarded", (GuardedRoute,), {"read": read, "write": write, **more})


def _refuse_other_sites(request: Request) -> None:
    """A browser says where a request comes from; a page of another site may not act in our user's name."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "Requests from other sites are refused.")
