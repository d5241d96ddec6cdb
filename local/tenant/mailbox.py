"""Mailboxes with folders and items, and the two kinds of ids that an item has."""

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock

from local.tenant.conversations import Conversations
from local.tenant.mail import Mail, read_mail
from local.tenant.opaque_ids import folder_id, immutable_id, item_id

# Display name and well-known name of what every mailbox has.
# https://learn.microsoft.com/graph/api/resources/mailfolder
WELL_KNOWN = {
    "inbox": "Inbox",
    "archive": "Archive",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
}
PURGES = "recoverableitemspurges"


@dataclass(eq=False, slots=True)
class Item:
    """A message in one mailbox. `id` is the default id, which changes when the item moves."""

    mail: Mail
    folder: "Folder"
    serial: int
    id: str
    immutable_id: str
    conversation_id: str
    received_at: datetime
    is_draft: bool
    is_read: bool = False
    moves: int = 0

    @property
    def internet_message_id(self) -> str:
        return self.mail.internet_message_id

    @property
    def subject(self) -> str:
        return self.mail.subject

    @property
    def sent_at(self) -> datetime:
        return self.mail.sent_at or self.received_at


@dataclass(eq=False)
class Folder:
    """Items in the order of their arrival time."""

    id: str
    display_name: str
    parent: "Folder | None" = None
    is_hidden: bool = False
    _order: list[tuple[datetime, int, Item]] = field(default_factory=list)

    def items(self) -> list[Item]:
        """Oldest first."""
        return [item for _, _, item in self._order.copy()]

    def add(self, item: Item) -> None:
        insort(self._order, (item.received_at, item.serial, item))
        item.folder = self

    def remove(self, item: Item) -> None:
        # A pair sorts just before the triple that begins with it.
        del self._order[bisect_left(self._order, (item.received_at, item.serial))]


class Mailbox:
    """One person's, or a shared, mailbox. Safe to use from the servers' thread and from a test's."""

    def __init__(
        self, address: str, salt: str, now: Callable[[], datetime], on_created: Callable[["Mailbox", Item], None]
    ) -> None:
        self.address = address
        self._salt, self._now, self._on_created = salt, now, on_created
        self._lock = RLock()
        self._serial = 0
        self._conversations = Conversations(address)
        self._by_id: dict[str, Item] = {}
        self._by_message_id: dict[str, list[Item]] = {}
        self.root = self._folder("Top of Information Store", None)
        self.folders = {name: self._folder(name, self.root) for name in WELL_KNOWN.values()}
        self.purges = self._folder("Purges", None, is_hidden=True)

    def put(
        self,
        raw: bytes | Mail,
        folder: str = "Inbox",
        is_draft: bool = False,
        received_at: datetime | None = None,
    ) -> Item:
        """Place a message in a folder as if it had come there; no mail flow rule sees it."""
        mail = raw if isinstance(raw, Mail) else read_mail(raw, host=self.address.rpartition("@")[2])
        with self._lock:
            self._serial += 1
            item = Item(
                mail=mail,
                folder=self.folders[folder],
                serial=self._serial,
                id=item_id(self._salt, self.address, self._serial, 0),
                immutable_id=immutable_id(self._salt, self.address, self._serial),
                conversation_id=self._conversations.of(mail),
                received_at=(received_at or self._now()).replace(microsecond=0),
                is_draft=is_draft,
            )
            self._by_id |= {item.id: item, item.immutable_id: item}
            self._by_message_id.setdefault(item.internet_message_id.lower(), []).append(item)
            self.folders[folder].add(item)
        self._on_created(self, item)
        return item

    def messages(self, folder: str = "Inbox") -> list[Item]:
        """The items of a folder, oldest first."""
        return self.folders[folder].items()

    def everything(self) -> list[Item]:
        """All items that a user can see in any folder, oldest first."""
        with self._lock:
            items = [item for folder in self.folders.values() for item in folder.items()]
        return sorted(items, key=lambda item: (item.received_at, item.serial))

    def find(self, any_id: str) -> Item | None:
        """By immutable id, or by the default id that the item has now."""
        return self._by_id.get(any_id)

    def with_message_id(self, internet_message_id: str) -> list[Item]:
        """Every copy, in whatever folder. Exchange compares text without regard to case."""
        return list(self._by_message_id.get(internet_message_id.lower(), ()))

    def move(self, item: Item, folder: str | Folder) -> Item:
        """Move as Outlook does; the item has another default id afterwards."""
        with self._lock:
            del self._by_id[item.id]
            item.folder.remove(item)
            item.moves += 1
            item.id = item_id(self._salt, self.address, item.serial, item.moves)
            self._by_id[item.id] = item
            (self.folders[folder] if isinstance(folder, str) else folder).add(item)
        self._on_created(self, item)
        return item

    def delete(self, item: Item) -> None:
        """To Deleted Items; from there, and from hidden folders, for good."""
        deleted = self.folders["Deleted Items"]
        if item.folder in (deleted, self.purges):
            self.purge(item)
        else:
            self.move(item, deleted)

    def purge(self, item: Item) -> None:
        """Delete so that no user finds it again."""
        with self._lock:
            item.folder.remove(item)
            del self._by_id[item.id], self._by_id[item.immutable_id]
            copies = self._by_message_id[item.internet_message_id.lower()]
            copies.remove(item)
            if not copies:
                del self._by_message_id[item.internet_message_id.lower()]

    def create_folder(self, name: str, parent: Folder | None = None) -> Folder:
        """A new folder at the top, or inside another; `folders` names an inner one by its path, "Archive/2026"."""
        path = name if parent is None or parent is self.root else f"{self._path(parent)}/{name}"
        with self._lock:
            self.folders[path] = self._folder(name, parent or self.root)
        return self.folders[path]

    def folder(self, id_or_name: str) -> Folder | None:
        """By id, or by well-known name in any case."""
        name = id_or_name.lower()
        if name == "msgfolderroot":
            return self.root
        if name == PURGES:
            return self.purges
        if name in WELL_KNOWN:
            return self.folders[WELL_KNOWN[name]]
        everywhere = (self.root, self.purges, *self.folders.values())
        return next((folder for folder in everywhere if folder.id == id_or_name), None)

    def children(self, parent: Folder) -> list[Folder]:
        """The folders right below this one, by name."""
        inside = [folder for folder in self.folders.values() if folder.parent is parent]
        return sorted(inside, key=lambda folder: folder.display_name.lower())

    def _path(self, folder: Folder) -> str:
        return next(path for path, known in self.folders.items() if known is folder)

    def _folder(self, name: str, parent: Folder | None, *, is_hidden: bool = False) -> Folder:
        self._serial += 1
        return Folder(folder_id(self._salt, self.address, self._serial), name, parent, is_hidden)
