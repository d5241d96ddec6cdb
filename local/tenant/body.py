"""What is inside a mail: text, attachments, headers. Read from the bytes each time: mailboxes stay light."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from local.tenant.addresses import decoded, plain
from local.tenant.mail import Part, attached, is_inline, parsed

_UNSEEN = re.compile(r"(?is)<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->")
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/h\d|/li)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\s+")
_FOLD = re.compile(r"\r?\n[ \t]+")


@dataclass(frozen=True)
class Body:
    """The text as Graph gives it: content type `text` or `html`."""

    content_type: str
    content: str


@dataclass(frozen=True)
class Attachment:
    """A file (or a whole message) inside a mail."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None
    is_inline: bool


def body(raw: bytes, prefer_text: bool) -> Body:
    """The body in its best form, or as plain text where that is preferred."""
    texts = {part.get_content_subtype(): _text(part) for part in reversed(list(_texts(parsed(raw))))}
    if "html" in texts and not prefer_text:
        return Body("html", texts["html"])
    if "plain" in texts:
        return Body("text", texts["plain"])
    return Body("text", _without_tags(texts.get("html", "")))


def preview(raw: bytes) -> str:
    """The first 255 characters of the text, on one line."""
    return _BLANK.sub(" ", body(raw, prefer_text=True).content).strip()[:255]


def attachments(raw: bytes) -> list[Attachment]:
    """All attachments with their content, in the order of the mail."""
    return [_attachment(part) for part in attached(parsed(raw))]


def headers(raw: bytes) -> list[tuple[str, str]]:
    """All headers in order, unfolded but not decoded."""
    return [(name, _FOLD.sub(" ", _printable(str(value)))) for name, value in parsed(raw).raw_items()]


def _texts(message: Part) -> Iterator[Part]:
    """Parts that are the message's own text, and not a file or another message inside it."""
    files = {id(part) for part in attached(message)}
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        if id(part) in files:
            continue
        if part.get_content_maintype() == "multipart":
            waiting[:0] = [inner for inner in part.get_payload() if not isinstance(inner, str)]
        elif part.get_content_maintype() == "text":
            yield part


def _attachment(part: Part) -> Attachment:
    if part.get_content_type() == "message/rfc822":
        message = next((inner for inner in part.get_payload() if isinstance(inner, Message)), part)
        name = plain(str(message.get("subject", ""))) or "message"
        return Attachment(name, "message/rfc822", message.as_bytes(), None, is_inline=False)
    content_id = part.get("content-id")
    return Attachment(
        name=plain(part.get_filename() or "") or "attachment",
        content_type=part.get_content_type(),
        content=_content(part),
        content_id=str(content_id).strip("<> ") if content_id else None,
        is_inline=is_inline(part),
    )


def _content(part: Part) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Part) -> str:
    return decoded(_content(part), part.get_content_charset() or "utf-8").replace("\r\n", "\n")


def _without_tags(page: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", page)))).strip()


def _printable(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
