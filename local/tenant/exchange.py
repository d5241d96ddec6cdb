"""Exchange Online: transport, the two mail flow rules, and delivery into mailboxes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from local.tenant.addresses import EmailAddress
from local.tenant.mail import Mail, read_mail
from local.tenant.mailbox import Item, Mailbox

# Exchange's header firewall: what outsiders write into its own headers does not get in.
_OWN_HEADER = re.compile(rb"(?im)^X-MS-Exchange-(?:Organization|Processed-By)-[^\n]*(?:\n[ \t][^\n]*)*\n?")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_RETURN_PATH = re.compile(rb"(?im)^return-path:")


@dataclass
class Exchange:
    """One organisation with one accepted domain; a sub-domain is outside."""

    domain: str
    logging_mailbox: str
    salt: str
    now: Callable[[], datetime]
    on_created: Callable[[Mailbox, Item], None] = lambda _mailbox, _item: None
    flow_rules: bool = True
    bcc_foldering: bool = False
    trust_submission: bool = True  # inside senders count as authenticated without SMTP AUTH
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox with this address, made on first use."""
        key = address.lower()
        if key not in self.mailboxes:
            self.mailboxes[key] = Mailbox(key, self.salt, self.now, lambda box, item: self.on_created(box, item))
        return self.mailboxes[key]

    def existing(self, address: str) -> Mailbox | None:
        return self.mailboxes.get(address.lower())

    def find(self, any_id: str) -> tuple[Mailbox, Item] | None:
        """An item in any mailbox, by default or immutable id."""
        found = ((mailbox, mailbox.find(any_id)) for mailbox in self.mailboxes.values())
        return next(((mailbox, item) for mailbox, item in found if item), None)

    def deliver(
        self, raw: bytes, mail_from: str | None, rcpt_to: Iterable[str], authenticated: bool | None = None
    ) -> None:
        """Take a mail with its envelope; every mailbox gets one copy, however many ways it was addressed.

        Rules look at the envelope's sender, and at the From header where that is empty (bounces).
        `authenticated` None: as `trust_submission` says.
        """
        mail_from = (mail_from or "").strip("<>")  # a bounce has the sender <>
        recipients = dict.fromkeys(address.strip().lower() for address in rcpt_to)
        sender = mail_from or _address(read_mail(raw, self.domain).from_)
        if authenticated is None:
            authenticated = self.trust_submission
        mail = read_mail(self._stamped(raw, mail_from, authenticated and self._is_inside(sender)), self.domain)
        inside = [address for address in recipients if self._is_inside(address)]
        for address in inside:
            self.mailbox(address).put(mail)
        crosses = bool(inside) if not self._is_inside(sender) else len(inside) < len(recipients)
        if self.flow_rules and crosses and self.logging_mailbox.lower() not in recipients:
            self._copy(mail)

    def _copy(self, mail: Mail) -> None:
        """What the rules' BCC delivers, by the BCC-foldering agent beside the mail that is answered."""
        mailbox = self.mailbox(self.logging_mailbox)
        answered = [item for name in mail.in_reply_to for item in mailbox.with_message_id(name)]
        if self.bcc_foldering and answered:
            header = b"X-MS-Exchange-Processed-By-BccFoldering: box.localhost\r\n"
            folder = next(path for path, folder in mailbox.folders.items() if folder is answered[0].folder)
            mailbox.put(read_mail(header + mail.raw, self.domain), folder)
        else:
            mailbox.put(mail)

    def _is_inside(self, address: str) -> bool:
        return address.rpartition("@")[2].strip().lower() == self.domain.lower()

    def _stamped(self, raw: bytes, mail_from: str, internal: bool) -> bytes:
        """With the headers that Exchange sets on arrival.

        Exchange replaces a Return-Path. The box keeps one that is there, since stored mail that is sent again
        carries the true one.
        """
        if raw.startswith(b"From "):
            raw = raw.partition(b"\n")[2]
        end = _HEADERS_END.search(raw)
        head, rest = (raw[: end.start() + 1], raw[end.start() + 1 :]) if end else (raw, b"")
        stamps = b"X-MS-Exchange-Organization-AuthAs: " + (b"Internal" if internal else b"Anonymous") + b"\r\n"
        if not _RETURN_PATH.search(head):
            stamps = f"Return-Path: <{mail_from}>\r\n".encode("utf-8", "replace") + stamps
        return stamps + _OWN_HEADER.sub(b"", head) + rest


def _address(party: EmailAddress | None) -> str:
    return party.address if party else ""
