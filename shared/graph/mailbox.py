"""One logging mailbox: its Inbox, its folders, and its messages."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody

from shared.errors import FolderGone, GraphThrottled, GraphUnavailable, MessageFailed, MessageGone
from shared.graph.client import GraphClient
from shared.graph.original import link_to_original, read_original
from shared.graph.parse_message import EXPANDED, SELECTED, parse_message, parse_time
from shared.graph.requests import IMMUTABLE, get
from shared.mail.content import MessageContent, MessageReference, Waiting
from shared.mail.message import BrokenItem, Folder, FolderPage, Message
from shared.mail.outcome import Destination

CONCURRENT_CALLS = 4
"""Calls at a time to one mailbox: Exchange's limit for one app."""
_NEXT = "@odata.nextLink"
_WELL_KNOWN = {
    Destination.INBOX: "inbox",
    Destination.ARCHIVE: "archive",
    Destination.DELETED: "deleteditems",
}


@dataclass(frozen=True, slots=True)
class _Window:
    """Part of a folder, oldest first: what came at `since` or later, `top` messages from the `skip`th on."""

    folder: Folder
    since: datetime | None
    skip: int
    top: int


class GraphMailbox:
    """Implements `ports.Mailbox`."""

    def __init__(self, graph: GraphClient, address: str) -> None:
        self.address = address
        self._graph = graph
        self._user = graph.builders.users.by_user_id(address)
        self._slots = asyncio.Semaphore(CONCURRENT_CALLS)
        self._folder_ids: dict[Destination, str] = {}
        self._making_folder = asyncio.Lock()
        self._looking_closely = asyncio.Lock()

    async def messages_in(self, folder: Folder, since: datetime | None, skip: int, top: int) -> FolderPage:
        """Messages of a folder, oldest first, that came at `since` or later.

        Where one broken item makes a page fail, the page is asked for in halves until the item stands alone; meanwhile
        nothing is moved, because the halves are told apart by number.
        """
        window = _Window(folder, since, skip, top)
        try:
            return await self._page(window, self.send)
        except MessageFailed:
            async with self._alone():
                return await self._window(window)

    async def count(self, folder: Folder, since: datetime | None, until: datetime) -> int:
        """How many messages of a folder came at `since` or later, and before `until`."""
        messages = self._user.mail_folders.by_mail_folder_id(folder.lower()).messages
        earliest = f"receivedDateTime ge {_graph_time(since)} and " if since else ""
        chosen = f"{earliest}receivedDateTime lt {_graph_time(until)}"
        page = await self.send(get(messages, select=["id"], filter=chosen, top=1, count=True))
        return int(page["@odata.count"])

    async def read_message(self, item_id: str) -> Message:
        """One message as it is now, in whichever folder. Raises MessageGone, MessageFailed."""
        return parse_message(
            self.address, await self.send(get(self.message(item_id), IMMUTABLE, select=SELECTED, expand=EXPANDED))
        )

    async def waiting(self) -> Waiting:
        """What is in the Inbox now."""
        folder, oldest = await asyncio.gather(
            self.send(get(self._user.mail_folders.by_mail_folder_id("inbox"), select=["totalItemCount"])),
            self.send(self._list(_Window(Folder.INBOX, None, 0, 1), ["receivedDateTime"])),
        )
        first = oldest["value"][0] if oldest["value"] else None
        return Waiting(folder["totalItemCount"], parse_time(first["receivedDateTime"]) if first else None)

    async def move(self, item_id: str, to: Destination) -> None:
        """Moves a message; one that is there already stays. Raises MessageGone, MessageFailed.

        An answer that says "not found", or does not come, can mean that the move is done: so look where the message
        is, and believe that.
        """
        for last in (False, True):
            folder = await self._folder_id(to)
            try:
                await self.send(self._move(item_id, folder))
            except GraphThrottled:
                raise  # it is not done, and asking would only be one more request
            except (FolderGone, MessageGone, GraphUnavailable):
                if await self._is_in(item_id, folder):
                    return
                if last:
                    raise
                self._folder_ids.pop(to, None)  # somebody may have deleted the folder
            else:
                return

    async def read_original(self, reference: MessageReference) -> MessageContent:
        """The message with its text and the names of its attachments, wherever it is now. Raises MessageGone."""
        return await read_original(self, reference)

    async def link_to_original(self, reference: MessageReference) -> str:
        """A link that opens the message in Outlook on the web, now. Raises MessageGone."""
        return await link_to_original(self, reference)

    async def send(self, request: RequestInformation) -> Any:
        """One call, in one of the mailbox's slots."""
        async with self._slots:
            return await self._graph.send(request)

    def message(self, item_id: str) -> Any:
        """The SDK's builder for one message, wherever it is."""
        return self._user.messages.by_message_id(item_id)

    def messages(self) -> Any:
        """The SDK's builder for the messages of every folder."""
        return self._user.messages

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Waits for the calls that are under way, and lets no other in."""
        async with self._looking_closely, AsyncExitStack() as taken:
            for _ in range(CONCURRENT_CALLS):
                await taken.enter_async_context(self._slots)
            yield

    async def _page(self, window: _Window, send: Callable[[RequestInformation], Awaitable[Any]]) -> FolderPage:
        page = await send(self._list(window, SELECTED, EXPANDED))
        items = tuple(parse_message(self.address, item, window.folder) for item in page["value"])
        return FolderPage(items, _NEXT in page)

    async def _window(self, window: _Window) -> FolderPage:
        try:
            return await self._page(window, self._graph.send)
        except MessageFailed as failure:
            if window.top == 1:
                return await self._broken(window, failure)
        half = window.top // 2
        first = await self._window(replace(window, top=half))
        rest = await self._window(replace(window, skip=window.skip + half, top=window.top - half))
        return FolderPage(first.items + rest.items, rest.more)

    async def _broken(self, window: _Window, failure: MessageFailed) -> FolderPage:
        """The item that Exchange can list but not show. If it cannot even list it, the trouble is Exchange's own."""
        try:
            page = await self._graph.send(self._list(window, ["id", "receivedDateTime"]))
        except MessageFailed as error:
            raise GraphUnavailable(f"Exchange Online cannot list the folder {window.folder}.") from error
        broken = (
            BrokenItem(item["id"], parse_time(item["receivedDateTime"]), failure.message, window.folder)
            for item in page["value"]
        )
        return FolderPage(tuple(broken), _NEXT in page)

    def _list(self, window: _Window, select: list[str], expand: list[str] | None = None) -> RequestInformation:
        # Graph wants the property of $orderby to come first in $filter, too.
        options: dict[str, Any] = {"filter": f"receivedDateTime ge {_graph_time(window.since)}"} if window.since else {}
        if window.skip:
            options["skip"] = window.skip
        if expand:
            options["expand"] = expand
        messages = self._user.mail_folders.by_mail_folder_id(window.folder.lower()).messages
        return get(messages, IMMUTABLE, select=select, orderby=["receivedDateTime asc"], top=window.top, **options)

    def _move(self, item_id: str, folder: str) -> RequestInformation:
        body = MovePostRequestBody(destination_id=folder)
        request: RequestInformation = self.message(item_id).move.to_post_request_information(body)
        request.headers.add("Prefer", IMMUTABLE)
        return request

    async def _is_in(self, item_id: str, folder: str) -> bool:
        item = await self.send(get(self.message(item_id), IMMUTABLE, select=["parentFolderId"]))
        return bool(item["parentFolderId"] == folder)

    async def _folder_id(self, destination: Destination) -> str:
        """Id of a folder, which is made where the mailbox has none of that name. Folder ids do not change."""
        async with self._making_folder:
            if destination not in self._folder_ids:
                self._folder_ids[destination] = await self._find_folder(destination)
        return self._folder_ids[destination]

    async def _find_folder(self, destination: Destination) -> str:
        folders = self._user.mail_folders
        if destination in _WELL_KNOWN:
            folder = await self.send(get(folders.by_mail_folder_id(_WELL_KNOWN[destination]), select=["id"]))
            return str(folder["id"])
        named = await self.send(get(folders, filter=f"displayName eq '{destination}'", select=["id"]))
        if named["value"]:
            return str(named["value"][0]["id"])
        request = folders.to_get_request_information()
        request.http_method = Method.POST
        request.set_stream_content(json.dumps({"displayName": destination}).encode(), "application/json")
        return str((await self.send(request))["id"])


def _graph_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
