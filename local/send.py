"""`python -m local send FILE_OR_FOLDER...`: mail from files goes out by SMTP, as if its people sent it now."""

import argparse
import json
import re
import smtplib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from local.tenant.addresses import addresses

_ENDPOINTS = Path(".local/endpoints.json")
# The line that begins a mail in an mbox file: "From sender date year".
_SEPARATOR = re.compile(rb"(?m)^From \S*.* \d{4}\r?\n")
_QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")
_BCC = re.compile(rb"(?im)^bcc:[^\n]*(?:\n[ \t][^\n]*)*\n?")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


@dataclass
class Sent:
    """What became of the mails."""

    delivered: int = 0
    without_recipients: int = 0
    refused: int = 0

    @property
    def seen(self) -> int:
        return self.delivered + self.without_recipients + self.refused


def mails_in(path: Path) -> Iterator[bytes]:
    """The mails of an .mbox or .eml file, or of every such file in a folder, by name."""
    if path.is_dir():
        for inside in sorted(path.rglob("*")):
            if inside.suffix.lower() in (".eml", ".mbox"):
                yield from mails_in(inside)
    elif path.suffix.lower() == ".eml":
        yield path.read_bytes()
    else:
        stored = path.read_bytes()
        starts = list(_SEPARATOR.finditer(stored))
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            yield _QUOTED_FROM.sub(rb"\1", stored[start.end() : following.start() if following else None])


def envelope(raw: bytes) -> tuple[str, list[str]]:
    """Sender (Sender, else From; empty for a bounce) and recipients (To, Cc, Bcc) that the headers name."""
    message = message_from_bytes(raw)

    def named(*headers: str) -> list[str]:
        values = [str(value) for header in headers for value in message.get_all(header, [])]
        return [party.address for value in values for party in addresses(value)]

    is_bounce = str(message.get("return-path", "")).strip() == "<>"
    sender = "" if is_bounce else next(iter(named("sender") or named("from")), "")
    return sender, list(dict.fromkeys(named("to", "cc", "bcc")))


def send(smtp: str, mails: Iterable[bytes], logging_mailbox: str | None = None) -> Iterator[Sent]:
    """Send over one connection, with CRLF and without Bcc headers; counts so far after each mail.

    With `logging_mailbox`, every mail goes to that address alone, as the flow rules' BCC does.
    """
    host, _, port = smtp.rpartition(":")
    sent = Sent()
    with smtplib.SMTP(host, int(port), timeout=60) as connection:
        for raw in mails:
            sender, recipients = envelope(raw)
            if logging_mailbox:
                recipients = [logging_mailbox]
            if not recipients:
                sent.without_recipients += 1
            elif _accepted(connection, sender, recipients, raw):
                sent.delivered += 1
            else:
                sent.refused += 1
            yield sent


def main(argv: list[str]) -> int:
    """0 if every mail that has recipients was taken."""
    parser = argparse.ArgumentParser(prog="python -m local send", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER", help=".mbox or .eml files, or folders")
    parser.add_argument("--smtp", metavar="HOST:PORT", help="default: the running system's")
    parser.add_argument("--inbox", action="store_true", help="straight to the logging mailbox, past the flow rules")
    parser.add_argument("--logging-mailbox", help="default: the running system's")
    given = parser.parse_args(argv)
    missing = [str(path) for path in given.paths if not path.exists()]
    if missing:
        parser.error(f"not found: {', '.join(missing)}")
    running = json.loads(_ENDPOINTS.read_text()) if _ENDPOINTS.exists() else {}
    smtp = given.smtp or running.get("smtp")
    mailbox = (given.logging_mailbox or running.get("logging_mailbox")) if given.inbox else None
    if not smtp or (given.inbox and not mailbox):
        parser.error("nothing is running here: say --smtp HOST:PORT, and --logging-mailbox with --inbox")
    sent = Sent()
    mails = (raw for path in given.paths for raw in mails_in(path))
    for sent in send(smtp, mails, mailbox):
        if sent.seen % 50 == 0:
            print(f"{sent.seen} mails …", file=sys.stderr)
    print(f"{sent.delivered} delivered, {sent.without_recipients} without recipients, {sent.refused} refused")
    return 1 if sent.refused else 0


def _accepted(connection: smtplib.SMTP, sender: str, recipients: list[str], raw: bytes) -> bool:
    """False if the server takes no recipient, or not the mail; a line that is no address spoils only itself."""
    unicode_addresses = not all(address.isascii() for address in (sender, *recipients))
    try:
        connection.ehlo_or_helo_if_needed()
        options = ["SMTPUTF8", "BODY=8BITMIME"] if unicode_addresses else []
        connection.sendmail(sender, recipients, _without_bcc(raw), options)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
        return False
    return True


def _without_bcc(raw: bytes) -> bytes:
    """As lines that end in CRLF; smtplib does that for text only."""
    end = _HEADERS_END.search(raw)
    head, rest = (raw[: end.start() + 1], raw[end.start() + 1 :]) if end else (raw, b"")
    return re.sub(rb"\r\n|\r|\n", b"\r\n", _BCC.sub(b"", head) + rest)
