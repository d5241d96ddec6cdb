"""The host's HTTP side: finds the function, hands it the request as the real host does, and sends its answer."""

import asyncio
import json
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.cookies import Morsel
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from local.hosting.routes import Routes
from local.hosting.timers import timer_data
from local.hosting.worker import Function, FunctionFailedError, Message, Worker

LARGEST_BODY = 104_857_600
"""Bytes. https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits"""


class BodyTooLargeError(Exception):
    """The request's body is larger than the host takes."""


class Front:
    """An ASGI app: the functions' routes, and `POST /admin/functions/{name}` to start any other function by hand."""

    def __init__(self, worker: Worker, routes: Routes) -> None:
        self._worker = worker
        self._routes = routes
        self._started: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except BodyTooLargeError:
            response = Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except ClientDisconnect:
            return
        except FunctionFailedError:
            response = Response(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii")
        if path.startswith("/admin/functions/") and request.method == "POST":
            return self._start_by_hand(path.rpartition("/")[2], await _body(request))
        found = self._routes.find(request.method, path)
        if found is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        function, parameters = found
        if function.setting("authLevel", "function").lower() != "anonymous":
            return Response(status_code=HTTPStatus.UNAUTHORIZED)  # wants a function key, and there are none here
        answer = await self._worker.call(function, _request_data(request, path, parameters, await _body(request)))
        return _response(answer)

    def _start_by_hand(self, name: str, body: bytes) -> Response:
        """https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http"""
        function = next((one for one in self._worker.functions if one.name.lower() == name.lower()), None)
        if function is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        if function.kind == "httpTrigger":
            return JSONResponse({"message": "call it at its route"}, HTTPStatus.BAD_REQUEST)
        task = asyncio.create_task(self._run(function, _input(body)))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def _run(self, function: Function, text: str) -> None:
        data = timer_data() if function.kind == "timerTrigger" else Message(string=text)
        with suppress(FunctionFailedError):
            await self._worker.call(function, data)


def _input(body: bytes) -> str:
    """What the caller gives the function: `{"input": "text"}`; anything else counts as nothing."""
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(given.get("input", "")) if isinstance(given, dict) else ""


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BodyTooLargeError
    return bytes(body)


def _request_data(request: Request, path: str, parameters: dict[str, str], body: bytes) -> Message:
    """The request as the host passes it on: names in small letters, repeated ones joined with a comma."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query[name] = f"{query[name]},{value}" if name in query else value
    asked = f"?{request.url.query}" if request.url.query else ""
    host = request.headers.get("host", "localhost")
    http = Message(
        method=request.method,
        url=f"{request.url.scheme}://{host}{path}{asked}",
        headers=headers,
        params=parameters,
        query=query,
        body=Message(bytes=body),
    )
    return Message(http=http)


def _response(answer: Any) -> Response:
    """The function's answer: an HttpResponse, or a plain text."""
    if answer is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    if answer.WhichOneof("data") == "string":
        return Response(answer.string, media_type="text/plain")
    http = answer.http
    response = Response(http.body.bytes, status_code=int(http.status_code))
    for name, value in http.headers.items():
        if name.lower() not in {"content-length", "transfer-encoding"}:
            response.headers[name] = value
    for cookie in http.cookies or ():
        response.raw_headers.append((b"set-cookie", _cookie(cookie).encode("latin-1")))
    return response


def _cookie(cookie: Message) -> str:
    """A Set-Cookie header from the message's optional members. ASP.NET Core percent-encodes the value."""
    morsel: Morsel[str] = Morsel()
    morsel.set(cookie.name, cookie.value, quote(cookie.value, safe=""))
    for attribute, held in (
        ("domain", cookie.domain),
        ("path", cookie.path),
        ("secure", cookie.secure),
        ("httponly", cookie.http_only),
        ("max-age", cookie.max_age),
    ):
        if held is not None and held.value not in {"", False}:
            morsel[attribute] = int(held.value) if attribute == "max-age" else held.value
    if cookie.expires is not None:
        morsel["expires"] = formatdate(cookie.expires.value.seconds, usegmt=True)
    if cookie.same_site:
        morsel["samesite"] = cookie.same_site
    return morsel.OutputString()
