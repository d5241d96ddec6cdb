"""Graph's JSON of a message, as our noun."""

from datetime import UTC, datetime
from typing import Any

from shared.mail.address import normalised
from shared.mail.message import Kind, Message

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
]
"""Properties asked for of each message: what the rules and the log need, and no more."""
_MEETING = "#microsoft.graph.eventMessageRequest"


def parse_message(mailbox: str, item: dict[str, Any]) -> Message:
    """The message that Graph shows. Absent and null properties become "" or nobody."""
    received_at = parse_time(item.get("receivedDateTime"))
    return Message(
        mailbox=mailbox,
        item_id=item["id"],
        internet_message_id=item.get("internetMessageId") or "",
        conversation_id=item.get("conversationId") or "",
        subject=item.get("subject") or "",
        from_address=_address(item.get("from")),
        sender_address=_address(item.get("sender")),
        to=_addresses(item.get("toRecipients")),
        cc=_addresses(item.get("ccRecipients")),
        sent_at=parse_time(item.get("sentDateTime")) if item.get("sentDateTime") else received_at,
        received_at=received_at,
        is_draft=bool(item.get("isDraft")),
        has_attachments=bool(item.get("hasAttachments")),
        kind=Kind.MEETING if item.get("@odata.type") == _MEETING else Kind.MESSAGE,
    )


def parse_time(text: str | None) -> datetime:
    """A time of Graph's, in UTC. An item without one is as old as can be, so that it is handled first."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else datetime(1970, 1, 1, tzinfo=UTC)


def _address(recipient: dict[str, Any] | None) -> str:
    email = (recipient or {}).get("emailAddress") or {}
    return normalised(email.get("address") or "")


def _addresses(recipients: list[dict[str, Any]] | None) -> tuple[str, ...]:
    return tuple(address for recipient in recipients or [] if (address := _address(recipient)))
