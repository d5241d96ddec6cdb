"""Which path of Graph does what, and under which name it is counted."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.tenant.gate import Gate
from local.tenant.graph.errors import GraphError
from local.tenant.graph.folders import Folders
from local.tenant.graph.messages import Messages
from local.tenant.graph.subscriptions import Subscriptions
from local.tenant.tokens import GRAPH, RefusedTokenError, Tokens

type Endpoint = Callable[[Request], Awaitable[Response]]

_FOLDERS = "/users/{address}/mailFolders"
_MESSAGES = ("/users/{address}/messages", "/users/{address}/mailFolders/{folder}/messages")


def routes(
    gate: Gate, tokens: Tokens, messages: Messages, folders: Folders, subscriptions: Subscriptions
) -> list[Route]:
    """Graph v1.0: every call is counted, authorised, and its errors are answered in Graph's shape."""

    def route(method: str, path: str, kind: str, endpoint: Endpoint) -> Route:
        return Route(f"/v1.0{path}", gate.before("graph", kind, _guarded(endpoint, tokens)), methods=[method])

    return [
        *(
            route(method, base + path, kind, endpoint)
            for base in _MESSAGES
            for method, path, kind, endpoint in (
                ("GET", "", "list", messages.page),
                ("GET", "/{id}", "get", messages.get),
                ("DELETE", "/{id}", "delete", messages.delete),
                ("GET", "/{id}/attachments", "attachments", messages.attachments),
                ("GET", "/{id}/attachments/{attachment}", "attachment", messages.attachment),
                ("POST", "/{id}/move", "move", messages.move),
                ("POST", "/{id}/permanentDelete", "permanentDelete", messages.permanent_delete),
            )
        ),
        route("GET", _FOLDERS, "folders", folders.page),
        route("POST", _FOLDERS, "createFolder", folders.create),
        route("GET", _FOLDERS + "/{folder}", "folder", folders.get),
        route("GET", _FOLDERS + "/{folder}/childFolders", "folders", folders.page),
        route("POST", _FOLDERS + "/{folder}/childFolders", "createFolder", folders.create),
        route("GET", "/subscriptions", "subscriptions", subscriptions.page),
        route("POST", "/subscriptions", "subscribe", subscriptions.create),
        route("GET", "/subscriptions/{subscription}", "subscription", subscriptions.get),
        route("PATCH", "/subscriptions/{subscription}", "renew", subscriptions.renew),
        route("DELETE", "/subscriptions/{subscription}", "unsubscribe", subscriptions.delete),
        *(route(method, "/{path:path}", "unknown", _no_such_segment) for method in ("GET", "POST", "PATCH", "DELETE")),
    ]


def _guarded(endpoint: Endpoint, tokens: Tokens) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            request.state.application_id = _application(tokens.check(request.headers.get("authorization", ""), GRAPH))
            return await endpoint(request)
        except RefusedTokenError as refusal:
            challenge = {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
            return GraphError(401, "InvalidAuthenticationToken", str(refusal), challenge).response()
        except GraphError as error:
            return error.response()

    return guarded


def _application(claims: dict[str, Any]) -> str:
    if "Mail.ReadWrite" not in claims.get("roles", ()):
        raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    return str(claims.get("appid"))


async def _no_such_segment(request: Request) -> Response:
    segment = request.path_params["path"].split("/")[-1]
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
