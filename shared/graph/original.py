"""The original message of an entry: found wherever it is now, shown, and linked to."""

from typing import Any, Protocol

from kiota_abstractions.request_information import RequestInformation

from shared.errors import MessageGone
from shared.graph.parse_message import SELECTED, parse_message, text_of
from shared.graph.requests import IMMUTABLE, get
from shared.mail.content import Attachment, MessageContent, MessageReference
from shared.mail.message_key import mail_key


class MailboxCalls(Protocol):
    """What is needed of a mailbox here."""

    address: str

    def message(self, item_id: str) -> Any: ...

    def messages(self) -> Any: ...

    async def send(self, request: RequestInformation) -> Any: ...


_TEXT = 'outlook.body-content-type="text"'


async def read_original(mailbox: MailboxCalls, reference: MessageReference) -> MessageContent:
    """The message with its text and the names of its attachments. Raises MessageGone."""
    item_id = await _find(mailbox, reference)
    item = await mailbox.send(
        get(
            mailbox.message(item_id),
            IMMUTABLE,
            _TEXT,
            select=[*SELECTED, "body"],
            expand=["attachments($select=name,size)"],
        )
    )
    message = parse_message(mailbox.address, item)
    return MessageContent(
        from_address=message.from_address,
        to=message.to,
        cc=message.cc,
        subject=message.subject,
        sent_at=message.sent_at,
        received_at=message.received_at,
        text=text_of((item.get("body") or {}).get("content")),
        attachments=tuple(
            Attachment(text_of(attachment.get("name")), attachment.get("size") or 0)
            for attachment in item.get("attachments") or []
        ),
        web_link=await _web_link(mailbox, item_id),
    )


async def link_to_original(mailbox: MailboxCalls, reference: MessageReference) -> str:
    """A link that opens the message in Outlook on the web, now. Raises MessageGone."""
    return await _web_link(mailbox, await _find(mailbox, reference))


async def _find(mailbox: MailboxCalls, reference: MessageReference) -> str:
    """Immutable id of the message: the stored one, or, where that leads nowhere, by Internet Message-ID.

    An Internet Message-ID may be forged: only a message with the same mail key is the one.
    """
    try:
        item = await mailbox.send(get(mailbox.message(reference.item_id), IMMUTABLE, select=["id"]))
    except MessageGone:
        wanted = reference.internet_message_id.replace("'", "''")
        query = {"filter": f"internetMessageId eq '{wanted}'", "select": SELECTED, "top": 50}
        found = await mailbox.send(get(mailbox.messages(), IMMUTABLE, **query))
        for item in found["value"]:
            if mail_key(parse_message(mailbox.address, item)) == reference.mail_key:
                break
        else:
            raise
    return str(item["id"])


async def _web_link(mailbox: MailboxCalls, item_id: str) -> str:
    # A link that was asked for with immutable ids does not open, so this call, alone, goes without them.
    item: dict[str, Any] = await mailbox.send(get(mailbox.message(item_id), select=["webLink"]))
    link = str(item.get("webLink") or "")
    if not link.startswith("https://"):
        raise MessageGone("Exchange Online gives no link to the message.")
    return link
