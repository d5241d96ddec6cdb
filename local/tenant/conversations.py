"""Which mails belong to one conversation."""

import hashlib
import re
from base64 import urlsafe_b64encode

from local.tenant.mail import Mail

_REPLY = re.compile(r"^\s*(?:(?:re|fw|fwd|sv|vs|aw|wg|svar)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


class Conversations:
    """Follows References and In-Reply-To; a reply that names nothing joins the thread of its subject."""

    def __init__(self, mailbox: str) -> None:
        self._mailbox = mailbox
        self._by_message_id: dict[str, str] = {}
        self._by_subject: dict[str, str] = {}

    def of(self, mail: Mail) -> str:
        """The conversation id of a mail that arrives now; the same however its mails are ordered."""
        named = [message_id.lower() for message_id in (*mail.references, *mail.in_reply_to)]
        own = mail.internet_message_id.lower()
        topic = _REPLY.sub("", mail.subject).strip().lower()
        known = next((self._by_message_id[name] for name in (own, *named) if name in self._by_message_id), None)
        if known is None and not named and topic != mail.subject.strip().lower():
            known = self._by_subject.get(topic)
        conversation = known or self._id(named[0] if named else own)
        for name in (own, *named):
            self._by_message_id.setdefault(name, conversation)
        self._by_subject[topic] = conversation
        return conversation

    def _id(self, root: str) -> str:
        noise = hashlib.shake_128(f"{self._mailbox}/{root}".encode()).digest(56)
        return urlsafe_b64encode(noise).decode()
