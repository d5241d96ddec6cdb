"""One internet mail: its bytes, kept once however many mailboxes hold it, and what Exchange reads from its headers."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from local.tenant.addresses import EmailAddress, addresses, plain

type Part = Message[str, str]

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_METHOD = re.compile(rb"(?im)^METHOD:(\w+)")
_SENSITIVITY = {"personal": 1, "private": 2, "company-confidential": 3}
_MEETING = {
    "REQUEST": ("eventMessageRequest", "IPM.Schedule.Meeting.Request"),
    "REPLY": ("eventMessageResponse", "IPM.Schedule.Meeting.Resp.Pos"),
    "CANCEL": ("eventMessage", "IPM.Schedule.Meeting.Canceled"),
}
_REPORT = {"delivery-status": "REPORT.IPM.Note.NDR", "disposition-notification": "REPORT.IPM.Note.IPNRN"}


@dataclass(frozen=True, slots=True)
class Mail:
    """Facts from the headers; the body is read from `raw` only when somebody asks for it (body.py)."""

    raw: bytes
    internet_message_id: str
    subject: str
    sender: EmailAddress | None  # Sender: where present, else From:
    from_: EmailAddress | None
    to: tuple[EmailAddress, ...]
    cc: tuple[EmailAddress, ...]
    reply_to: tuple[EmailAddress, ...]
    sent_at: datetime | None  # UTC
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]  # oldest first
    has_attachments: bool
    kind: str  # of Graph: message, eventMessageRequest, ...
    message_class: str  # PidTagMessageClass
    sensitivity: int  # PidTagSensitivity: 0 normal, 1 personal, 2 private, 3 confidential


def read_mail(raw: bytes, host: str) -> Mail:
    """Read any bytes as a mail; nothing is ever too broken. A mail without Message-ID gets one of this host's."""
    message = parsed(raw)
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), str(value))
    senders, sent_from = addresses(headers.get("sender", "")), addresses(headers.get("from", ""))
    kind, message_class = _class_of(message)
    return Mail(
        raw=raw,
        internet_message_id=plain(headers.get("message-id", "")) or f"<{uuid.uuid4()}@{host}>",
        subject=plain(headers.get("subject", "")),
        sender=next(iter(senders or sent_from), None),
        from_=next(iter(sent_from), None),
        to=addresses(headers.get("to", "")),
        cc=addresses(headers.get("cc", "")),
        reply_to=addresses(headers.get("reply-to", "")),
        sent_at=_sent_at(headers.get("date", "")),
        in_reply_to=tuple(_MESSAGE_ID.findall(headers.get("in-reply-to", ""))),
        references=tuple(_MESSAGE_ID.findall(headers.get("references", ""))),
        has_attachments=any(not is_inline(part) for part in attached(message)),
        kind=kind,
        message_class=message_class,
        sensitivity=_SENSITIVITY.get(headers.get("sensitivity", "").strip().lower(), 0),
    )


def parsed(raw: bytes) -> Part:
    """The mail's structure; only its headers where it is nested deeper than any parser follows."""
    try:
        return message_from_bytes(raw)
    except RecursionError:
        return BytesHeaderParser().parsebytes(raw)


def attached(message: Part) -> Iterator[Part]:
    """The attachments: parts with a file name or a disposition of their own, and forwarded messages whole."""
    if not message.is_multipart() and message.get_content_maintype() != "text":
        yield message  # a mail that is nothing but a file
    if not message.is_multipart() or message.get_content_type() == "multipart/report":
        return
    for part in message.get_payload():
        if not isinstance(part, Message):
            continue
        if part.get_content_maintype() == "multipart":
            yield from attached(part)
        elif part.get_content_type() == "message/rfc822" or _is_file(part):
            yield part


def is_inline(part: Part) -> bool:
    """A picture inside the text, which Outlook shows in place and does not count as an attachment."""
    return part.get_content_disposition() != "attachment" and "content-id" in part


def _is_file(part: Part) -> bool:
    if part.get_content_type() == "text/calendar":
        return part.get_content_disposition() == "attachment"
    return part.get_content_disposition() is not None or part.get_filename() is not None or "content-id" in part


def _method_inside(calendar: Part) -> str:
    content = calendar.get_payload(decode=True)
    found = _METHOD.search(content) if isinstance(content, bytes) else None
    return found.group(1).decode() if found else ""


def _sent_at(date: str) -> datetime | None:
    try:
        sent = parsedate_to_datetime(date)
        return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _class_of(message: Part) -> tuple[str, str]:
    if message.get_content_type() == "multipart/report":
        report = str(message.get_param("report-type", "")).lower()
        return "message", _REPORT.get(report, "IPM.Note")
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            method = str(part.get_param("method", "")) or _method_inside(part)
            return _MEETING.get(method.upper(), ("message", "IPM.Note"))
    return "message", "IPM.Note"
