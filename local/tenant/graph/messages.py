"""Messages: list, read, move, delete."""

from collections.abc import Iterable
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.exchange import Exchange
from local.tenant.graph.errors import GraphError
from local.tenant.graph.message_shape import UNASKED, Selection, View, attachments, message
from local.tenant.graph.query import Query, parse
from local.tenant.knobs import Knobs
from local.tenant.mailbox import Folder, Item, Mailbox


class Messages:
    """Endpoints below /users/{address}."""

    def __init__(self, exchange: Exchange, knobs: Knobs, url: str) -> None:
        self._exchange, self._knobs, self._url = exchange, knobs, url

    async def page(self, request: Request) -> Response:
        """A page of a folder, or of all folders."""
        mailbox, view, query = self.mailbox(request), self._view(request), parse(request.query_params)
        selection = Selection.of(query)
        chosen = query.chosen(_candidates(mailbox, request.path_params.get("folder"), query))
        page = chosen[query.skip : query.skip + query.top]
        if query.expand or not {"id", "receivedDateTime"}.issuperset(query.select or {"everything"}):
            self._refuse_poison(page)
        shown: dict[str, Any] = {"@odata.context": f"{self._url}/v1.0/$metadata#users/messages"}
        if query.count:
            shown["@odata.count"] = len(chosen)
        shown["value"] = [message(item, view, selection) for item in page]
        if query.skip + query.top < len(chosen):
            shown["@odata.nextLink"] = query.next_link(self._url + request.url.path, query.skip + query.top)
        return _answer(shown, view)

    async def get(self, request: Request) -> Response:
        item, view, query = self._item(request), self._view(request), parse(request.query_params)
        selection = Selection.of(query)
        self._refuse_poison([item])
        return _answer(message(item, view, selection), view)

    async def attachments(self, request: Request) -> Response:
        item, query = self._item(request), parse(request.query_params)
        self._refuse_poison([item])
        return JSONResponse({"value": attachments(item, query.select)[query.skip : query.skip + query.top]})

    async def attachment(self, request: Request) -> Response:
        item, query = self._item(request), parse(request.query_params)
        wanted = request.path_params["attachment"]
        found = next((one for one in attachments(item, query.select) if one["id"] == wanted), None)
        if found is None:
            raise GraphError.item_not_found()
        return JSONResponse(found)

    async def move(self, request: Request) -> Response:
        """201 with the message in its new place, under its new default id."""
        mailbox, item, view = self.mailbox(request), self._item(request), self._view(request)
        target = folder_of(mailbox, await _text(request, "destinationId"))
        if _named(item, self._knobs.unmovable):
            raise GraphError(500, "ErrorMoveCopyFailed", "The move or copy operation failed.")
        moved = mailbox.move(item, target)
        return _answer(message(moved, view, UNASKED), view, HTTPStatus.CREATED)

    async def delete(self, request: Request) -> Response:
        self.mailbox(request).delete(self._item(request))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def permanent_delete(self, request: Request) -> Response:
        self.mailbox(request).purge(self._item(request))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def mailbox(self, request: Request) -> Mailbox:
        """Graph makes no mailboxes: an address without one is an error."""
        address = str(request.path_params["address"])
        mailbox = self._exchange.existing(address)
        if mailbox is None:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{address}' is invalid.")
        return mailbox

    def _view(self, request: Request) -> View:
        prefer = ",".join(request.headers.getlist("prefer")).lower().replace(" ", "").replace('"', "")
        return View(self._url, "idtype=immutableid" in prefer, "outlook.body-content-type=text" in prefer)

    def _item(self, request: Request) -> Item:
        mailbox, wanted = self.mailbox(request), str(request.path_params["id"])
        item = mailbox.find(wanted)
        if item is None:
            raise GraphError.item_not_found() if len(wanted) > 60 else GraphError.malformed_id()
        folder = request.path_params.get("folder")
        if folder is not None and folder_of(mailbox, folder) is not item.folder:
            raise GraphError.item_not_found()
        return item

    def _refuse_poison(self, items: Iterable[Item]) -> None:
        if self._knobs.poison and any(_named(item, self._knobs.poison) for item in items):
            raise GraphError.internal()


def folder_of(mailbox: Mailbox, id_or_name: str) -> Folder:
    """Raises GraphError: 404 for an id that is none here, 400 for what cannot be an id."""
    folder = mailbox.folder(id_or_name)
    if folder is None:
        raise GraphError.folder_not_found() if len(id_or_name) > 60 else GraphError.malformed_id()
    return folder


def _candidates(mailbox: Mailbox, folder: str | None, query: Query) -> list[Item]:
    """Oldest first."""
    if query.internet_message_id is not None:
        named = mailbox.with_message_id(query.internet_message_id)
        inside = [item for item in named if folder is None or item.folder is folder_of(mailbox, folder)]
        return sorted(inside, key=lambda item: (item.received_at, item.serial))
    return mailbox.everything() if folder is None else folder_of(mailbox, folder).items()


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object in the request, keys in lower case: the SDKs write DestinationId, the papers destinationId."""
    try:
        parsed = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        parsed = None
    if not isinstance(parsed, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return {str(key).lower(): value for key, value in parsed.items()}


async def _text(request: Request, name: str) -> str:
    value = (await body_of(request)).get(name.lower())
    if not isinstance(value, str) or not value:
        raise GraphError(400, "ErrorInvalidParameter", f"Parameter '{name}' is missing.")
    return value


def _named(item: Item, names: set[str]) -> bool:
    return item.immutable_id in names or item.internet_message_id in names


def _answer(shown: dict[str, Any], view: View, status: int = HTTPStatus.OK) -> JSONResponse:
    headers = {"Preference-Applied": 'IdType="ImmutableId"'} if view.immutable_ids else None
    return JSONResponse(shown, status, headers)
