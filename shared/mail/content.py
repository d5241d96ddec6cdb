"""What people are shown of the original message. Read live from the mailbox, never stored."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageReference:
    """How to find a message again: by item, else by Internet Message-ID, checked by its mail key."""

    mailbox: str
    item_id: str
    internet_message_id: str
    mail_key: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """Name and size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The message as it is in the mailbox now."""

    from_address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sent_at: datetime
    received_at: datetime
    text: str
    attachments: tuple[Attachment, ...]
    web_link: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is in the Inbox now: how many messages, and when the oldest came."""

    count: int
    oldest: datetime | None
