"""A message as Graph's JSON. https://learn.microsoft.com/graph/api/resources/message"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from local.tenant import body
from local.tenant.addresses import EmailAddress
from local.tenant.graph.errors import GraphError
from local.tenant.graph.query import Query, option, property_ids
from local.tenant.mailbox import Item
from local.tenant.opaque_ids import item_id

_PROPERTY = re.compile(r"(\w+)\s+0x([0-9a-f]+)", re.IGNORECASE)
_ONLY_WHEN_SELECTED = ("internetMessageHeaders", "uniqueBody")


@dataclass(frozen=True)
class View:
    """How one request wants to see items."""

    url: str  # of the box
    immutable_ids: bool
    prefer_text: bool

    def id_of(self, item: Item) -> str:
        return item.immutable_id if self.immutable_ids else item.id

    def web_link(self, item: Item) -> str:
        """Made from the id that is shown, and so broken for an immutable one: msgraph-sdk-go issue 795."""
        return f"{self.url}/owa/?ItemID={quote(self.id_of(item), safe='')}&exvsurl=1&viewmodel=ReadMessageItem"


@dataclass(frozen=True)
class Selection:
    """Which properties one request wants, and what it expands (name in lower case -> options)."""

    names: tuple[str, ...]
    expand: dict[str, str]

    @classmethod
    def of(cls, query: Query) -> Self:
        """Raises GraphError for a property that messages do not have, also where there is no message."""
        unknown = next((name for name in query.select if name.lower() not in _NAMES), None)
        if unknown:
            raise GraphError.no_property(unknown)
        names = ("id", *(_NAMES[name.lower()] for name in query.select)) if query.select else UNASKED.names
        return cls(names, query.expand)


def message(item: Item, view: View, selection: Selection) -> dict[str, Any]:
    """The selected properties, and what is expanded."""
    shown: dict[str, Any] = {"@odata.type": f"#microsoft.graph.{item.mail.kind}"} if item.mail.kind != "message" else {}
    shown["@odata.etag"] = f'W/"{_change_key(item, view)}"'
    shown |= {name: _PROPERTIES[name](item, view) for name in selection.names}
    for party in ("from", "sender"):
        if party in shown and shown[party] is None:
            del shown[party]
    return shown | _expanded(item, selection.expand)


def attachments(item: Item, select: Iterable[str] = ()) -> list[dict[str, Any]]:
    """All attachments; the content too unless a selection leaves it out."""
    wanted = {name.strip().lower() for name in select if name.strip()}
    all_shown = [_attachment(item, number, one) for number, one in enumerate(body.attachments(item.mail.raw))]
    if not wanted:
        return all_shown
    unknown = next((name for name in wanted if name not in _ATTACHMENT_PROPERTIES), None)
    if unknown:
        raise GraphError.no_property(unknown, "Microsoft.OutlookServices.Attachment")
    always = ("@odata.type", "@odata.mediaContentType", "id")
    return [
        {name: value for name, value in shown.items() if name in always or name.lower() in wanted}
        for shown in all_shown
    ]


def zulu(time: datetime) -> str:
    """A UTC time in whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time.year > 999 else time.isoformat()[:19] + "Z"


def _party(party: EmailAddress | None) -> dict[str, Any] | None:
    return {"emailAddress": {"name": party.name, "address": party.address}} if party else None


def _parties(parties: Iterable[EmailAddress]) -> list[dict[str, Any] | None]:
    return [_party(party) for party in parties]


def _body(item: Item, view: View) -> dict[str, str]:
    shown = body.body(item.mail.raw, view.prefer_text)
    return {"contentType": shown.content_type, "content": shown.content}


def _change_key(item: Item, _view: View) -> str:
    return f"CQAAABYAAAA{item.immutable_id[-40:-8]}{item.moves:04d}"


def _headers(item: Item, _view: View) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in body.headers(item.mail.raw)]


_PROPERTIES: dict[str, Callable[[Item, View], Any]] = {
    "id": lambda item, view: view.id_of(item),
    "createdDateTime": lambda item, _: zulu(item.received_at),
    "lastModifiedDateTime": lambda item, _: zulu(item.received_at),
    "changeKey": _change_key,
    "categories": lambda _item, _: [],
    "receivedDateTime": lambda item, _: zulu(item.received_at),
    "sentDateTime": lambda item, _: zulu(item.sent_at),
    "hasAttachments": lambda item, _: item.mail.has_attachments,
    "internetMessageId": lambda item, _: item.internet_message_id,
    "subject": lambda item, _: item.subject,
    "bodyPreview": lambda item, _: body.preview(item.mail.raw),
    "importance": lambda _item, _: "normal",
    "parentFolderId": lambda item, _: item.folder.id,
    "conversationId": lambda item, _: item.conversation_id,
    "conversationIndex": lambda item, _: item.conversation_id[:32],
    "isDeliveryReceiptRequested": lambda _item, _: None,
    "isReadReceiptRequested": lambda _item, _: False,
    "isRead": lambda item, _: item.is_read,
    "isDraft": lambda item, _: item.is_draft,
    "webLink": lambda item, view: view.web_link(item),
    "inferenceClassification": lambda _item, _: "focused",
    "body": _body,
    "uniqueBody": _body,
    "internetMessageHeaders": _headers,
    "sender": lambda item, _: _party(item.mail.sender),
    "from": lambda item, _: _party(item.mail.from_),
    "toRecipients": lambda item, _: _parties(item.mail.to),
    "ccRecipients": lambda item, _: _parties(item.mail.cc),
    "bccRecipients": lambda _item, _: [],  # lives in the envelope alone, which is gone after delivery
    "replyTo": lambda item, _: _parties(item.mail.reply_to),
    "flag": lambda _item, _: {"flagStatus": "notFlagged"},
}
_NAMES = {name.lower(): name for name in _PROPERTIES}
# What Graph gives to those who select nothing.
UNASKED = Selection(tuple(name for name in _PROPERTIES if name not in _ONLY_WHEN_SELECTED), {})
_ATTACHMENT_PROPERTIES = frozenset(
    ("id", "name", "contenttype", "size", "isinline", "contentid", "contentbytes", "lastmodifieddatetime")
)


def _expanded(item: Item, expand: dict[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "attachments" in expand:
        shown["attachments"] = attachments(item, option(expand["attachments"], "$select").split(","))
    if "singlevalueextendedproperties" in expand:
        ids = property_ids(expand["singlevalueextendedproperties"])
        values = [value for value in (_extended(item, one) for one in ids) if value]
        if values:  # Graph leaves the key out where the item has none of them
            shown["singleValueExtendedProperties"] = values
    return shown


def _extended(item: Item, property_id: str) -> dict[str, str] | None:
    """Graph echoes the id in its own form: lower-case hexadecimal without leading zeros."""
    parsed = _PROPERTY.fullmatch(property_id)
    if not parsed:
        return None
    kind, tag = parsed.group(1).capitalize(), int(parsed.group(2), 16)
    values = {
        ("Integer", 0x36): str(item.mail.sensitivity),
        ("String", 0x1A): item.mail.message_class,
        ("String", 0x1035): item.internet_message_id,
    }
    value = values.get((kind, tag))
    return None if value is None else {"id": f"{kind} {tag:#x}", "value": value}


def _attachment(item: Item, number: int, attachment: body.Attachment) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "@odata.mediaContentType": attachment.content_type,
        "id": item_id(item.immutable_id, "attachment", number, 0),
        "lastModifiedDateTime": zulu(item.received_at),
        "name": attachment.name,
        "contentType": attachment.content_type,
        "size": len(attachment.content),
        "isInline": attachment.is_inline,
        "contentId": attachment.content_id,
        "contentBytes": b64encode(attachment.content).decode(),
    }
    if attachment.content_type == "message/rfc822":
        for name in ("@odata.mediaContentType", "contentId", "contentBytes"):
            del shown[name]
        shown |= {"@odata.type": "#microsoft.graph.itemAttachment", "contentType": None}
    return shown
