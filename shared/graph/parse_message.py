"""Graph's JSON of a message, as our noun."""

from datetime import UTC, datetime
from typing import Any

from shared.mail.address import normalised
from shared.mail.classification import HEADERS
from shared.mail.message import Folder, Message

SELECTED = [
    "id",
    "internetMessageId",
    "conversationId",
    "subject",
    "from",
    "sender",
    "toRecipients",
    "ccRecipients",
    "sentDateTime",
    "receivedDateTime",
    "isDraft",
    "hasAttachments",
    "internetMessageHeaders",
]
"""Properties asked for of each message: what the rules and the log need, and no more."""
ITEM_CLASS = "String 0x1A"
"""PidTagMessageClass."""
SENSITIVITY = "Integer 0x36"
"""PidTagSensitivity. Graph's message has no such property of its own."""
EXPANDED = [f"singleValueExtendedProperties($filter=id eq '{ITEM_CLASS}' or id eq '{SENSITIVITY}')"]
"""Properties of Exchange that Graph has only this way."""
_ITEM_CLASSES = {
    "#microsoft.graph.eventMessageRequest": "IPM.Schedule.Meeting.Request",
    "#microsoft.graph.eventMessageResponse": "IPM.Schedule.Meeting.Resp",
}
"""What an item is by Graph's own type, where it does not say its class."""


def parse_message(mailbox: str, item: dict[str, Any], folder: Folder = Folder.INBOX) -> Message:
    """The message that Graph shows. Absent and null properties become "" or nobody."""
    extended = {one["id"].lower(): one["value"] for one in item.get("singleValueExtendedProperties") or []}
    sensitivity = str(extended.get(SENSITIVITY.lower(), ""))
    received_at = parse_time(item.get("receivedDateTime"))
    return Message(
        mailbox=mailbox,
        item_id=item["id"],
        internet_message_id=text_of(item.get("internetMessageId")),
        conversation_id=text_of(item.get("conversationId")),
        subject=text_of(item.get("subject")),
        from_address=_address(item.get("from")),
        sender_address=_address(item.get("sender")),
        to=_addresses(item.get("toRecipients")),
        cc=_addresses(item.get("ccRecipients")),
        sent_at=parse_time(item.get("sentDateTime")) if item.get("sentDateTime") else received_at,
        received_at=received_at,
        is_draft=bool(item.get("isDraft")),
        has_attachments=bool(item.get("hasAttachments")),
        item_class=extended.get(ITEM_CLASS.lower()) or _ITEM_CLASSES.get(item.get("@odata.type", ""), ""),
        sensitivity=int(sensitivity) if sensitivity.isdigit() else 0,
        folder=folder,
        headers=tuple(
            (name, str(header.get("value") or "").lower())
            for header in item.get("internetMessageHeaders") or []
            if (name := str(header.get("name")).lower()) in HEADERS
        ),
    )


def parse_time(text: str | None) -> datetime:
    """A time of Graph's, in UTC. An item without one is as old as can be, so that it is handled first."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else datetime(1970, 1, 1, tzinfo=UTC)


def text_of(value: str | None) -> str:
    """Text of Graph's. Half a character, as where an emoji was cut in two, can be written nowhere: it is replaced."""
    return (value or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _address(recipient: dict[str, Any] | None) -> str:
    email = (recipient or {}).get("emailAddress") or {}
    return normalised(text_of(email.get("address")))


def _addresses(recipients: list[dict[str, Any]] | None) -> tuple[str, ...]:
    return tuple(address for recipient in recipients or [] if (address := _address(recipient)))
