"""A message as Exchange shows it, reduced to what the rules and the log need. Never its content."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

AUTHENTICATED_AS = "x-ms-exchange-organization-authas"
"""Exchange's word on the sender: Internal, or Anonymous."""


class Kind(StrEnum):
    """What sort of message it is, as the interaction log shows it."""

    MESSAGE = "Message"
    MEETING = "Meeting"
    AUTOMATIC = "Automatic"


class Sensitivity(IntEnum):
    """PidTagSensitivity, [MS-OXCMSG] 2.2.1.13."""

    NORMAL = 0
    PERSONAL = 1
    PRIVATE = 2
    CONFIDENTIAL = 3


class Folder(StrEnum):
    """The folders that are read."""

    INBOX = "Inbox"
    ARCHIVE = "Archive"


@dataclass(frozen=True, slots=True)
class Message:
    """One item of a mailbox. Times are aware and in UTC; addresses are normalised; absent text is ""."""

    mailbox: str
    item_id: str
    """Immutable id: stays the same while the item is in its mailbox."""
    internet_message_id: str
    conversation_id: str
    subject: str
    from_address: str
    sender_address: str
    """Differs from `from_address` when a delegate sends on behalf of somebody."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    sent_at: datetime
    received_at: datetime
    is_draft: bool = False
    has_attachments: bool = False
    item_class: str = ""
    """PidTagMessageClass, such as IPM.Note or IPM.Schedule.Meeting.Request."""
    sensitivity: int = Sensitivity.NORMAL
    folder: Folder = Folder.INBOX
    """Where it was found."""
    headers: tuple[tuple[str, str], ...] = ()
    """Those that the rules look at, names and values in lower case. See `to_keep` for what is stored."""

    def to_keep(self) -> "Message":
        """The message as it is stored: with Exchange's word on who sent it, which matters when it is decided anew."""
        kept = tuple(header for header in self.headers if header[0] == AUTHENTICATED_AS)
        return replace(self, headers=kept)

    def header(self, name: str) -> str:
        """The first header of this name, or ""."""
        return next((value for header, value in self.headers if header == name), "")

    @property
    def recipients(self) -> tuple[str, ...]:
        """To and Cc, each address once, in the order of the message."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Everybody in the message, each address once."""
        people = (self.from_address, self.sender_address, *self.to, *self.cc)
        return tuple(dict.fromkeys(address for address in people if address))


@dataclass(frozen=True, slots=True)
class BrokenItem:
    """An item that Exchange lists but cannot show."""

    item_id: str
    received_at: datetime
    reason: str
    folder: Folder = Folder.INBOX


@dataclass(frozen=True, slots=True)
class FolderPage:
    """Some of a folder, oldest first. `more`: there is more after it."""

    items: tuple[Message | BrokenItem, ...]
    more: bool
