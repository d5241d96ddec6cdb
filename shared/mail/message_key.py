"""Keys made from ids and addresses: fixed length, safe in a URL and in a table key, the same for ever."""

import hashlib
from datetime import datetime

from shared.mail.message import Message


def digest(*parts: str, length: int = 32) -> str:
    """`length` hexadecimal digits of the SHA-256 of the parts, which may hold any character but U+001F."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def mail_key(message: Message) -> str:
    """What makes two items the same mail: Message-ID, sender, subject and sent time (docs/rules.md, `duplicate`).

    An item without a Message-ID is only the same as itself.
    """
    identity = message.internet_message_id or message.item_id
    return digest(identity, message.from_address, message.subject, message.sent_at.isoformat())


def message_id_key(message: Message) -> str:
    """Key of the Internet Message-ID alone: two mails that share it but nothing else collide."""
    return digest(message.internet_message_id or message.item_id)


def item_key(mailbox: str, item_id: str, received_at: datetime) -> str:
    """Ledger id of one item: mailbox, day of arrival, item. Items that arrive together get keys that sort together."""
    day = received_at.date().isoformat().replace("-", "")
    return f"{digest(mailbox, length=8)}-{day}-{digest(mailbox, item_id)}"
