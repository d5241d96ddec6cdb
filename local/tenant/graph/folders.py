"""Mail folders. https://learn.microsoft.com/graph/api/resources/mailfolder"""

import re
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.graph.errors import GraphError
from local.tenant.graph.messages import Messages, body_of, folder_of
from local.tenant.graph.query import number
from local.tenant.mailbox import Folder, Mailbox

_BY_NAME = re.compile(r"\s*displayName\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)


class Folders:
    """Endpoints below /users/{address}/mailFolders."""

    def __init__(self, messages: Messages, url: str) -> None:
        self._messages, self._url = messages, url

    async def page(self, request: Request) -> Response:
        """Folders at the top, or inside one; pages of ten unless $top says more, as everywhere in Graph."""
        mailbox = self._messages.mailbox(request)
        folders = mailbox.children(_parent(mailbox, request))
        wanted = request.query_params.get("$filter")
        if wanted is not None:
            by_name = _BY_NAME.fullmatch(wanted)
            if not by_name:
                raise GraphError.bad_filter()
            name = by_name.group(1).replace("''", "'").lower()
            folders = [folder for folder in folders if folder.display_name.lower() == name]
        top = number(request.query_params.get("$top", "10"), "$top", 1, 1000)
        skip = number(request.query_params.get("$skip", "0"), "$skip", 0, 2**31 - 1)
        shown: dict[str, Any] = {"value": [_shape(mailbox, one, request) for one in folders[skip : skip + top]]}
        if skip + top < len(folders):
            further = request.url.include_query_params(**{"$skip": skip + top})
            shown["@odata.nextLink"] = f"{self._url}{further.path}?{further.query}"
        return JSONResponse(shown)

    async def get(self, request: Request) -> Response:
        mailbox = self._messages.mailbox(request)
        return JSONResponse(_shape(mailbox, folder_of(mailbox, request.path_params["folder"]), request))

    async def create(self, request: Request) -> Response:
        mailbox = self._messages.mailbox(request)
        name = (await body_of(request)).get("displayname")
        if not isinstance(name, str) or not name.strip():
            raise GraphError(400, "ErrorInvalidParameter", "Folder name must not be empty.")
        parent = _parent(mailbox, request)
        if any(child.display_name.lower() == name.lower() for child in mailbox.children(parent)):
            raise GraphError(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        return JSONResponse(_shape(mailbox, mailbox.create_folder(name, parent), request), HTTPStatus.CREATED)


def _parent(mailbox: Mailbox, request: Request) -> Folder:
    return folder_of(mailbox, request.path_params.get("folder", "msgfolderroot"))


def _shape(mailbox: Mailbox, folder: Folder, request: Request) -> dict[str, Any]:
    items = folder.items()
    shown = {
        "id": folder.id,
        "displayName": folder.display_name,
        "parentFolderId": folder.parent.id if folder.parent else None,
        "childFolderCount": len(mailbox.children(folder)),
        "unreadItemCount": sum(not item.is_read for item in items),
        "totalItemCount": len(items),
        "sizeInBytes": sum(len(item.mail.raw) for item in items),
        "isHidden": folder.is_hidden,
    }
    selected = [name.strip() for name in request.query_params.get("$select", "").split(",") if name.strip()]
    if not selected:
        return shown
    names = {name.lower(): name for name in shown}
    unknown = next((name for name in selected if name.lower() not in names), None)
    if unknown:
        raise GraphError.no_property(unknown, "Microsoft.OutlookServices.MailFolder")
    return {name: shown[name] for name in ("id", *(names[one.lower()] for one in selected))}
