"""One mail, as a mail program would write it, from the few facts that a story gives."""

import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formataddr
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from local.sample.people import Directory

ATTACHMENTS = Path(__file__).with_name("attachments")


def letter(
    facts: Mapping[str, Any], people: Directory, sent: datetime, key: str, answered: EmailMessage | None = None
) -> EmailMessage:
    """A mail sent at `sent` (aware).

    `facts` has from, to and text, and may have cc, sender, subject (else that of the answered mail), headers, html and
    attachments (name shown -> file). The Message-ID is made of `key` and is in the sender's domain.
    """
    sender, writer = people.mailbox(facts["from"])
    parties = {"From": [sender]}
    if "sender" in facts:
        agent, writer = people.mailbox(facts["sender"])
        parties["Sender"] = [agent]
    parties |= {header: [people.mailbox(name)[0] for name in facts.get(header.lower(), [])] for header in ("To", "Cc")}
    mail = _addressed(parties)
    mail["Subject"] = facts["subject"] if "subject" in facts else _reply_subject(answered)
    mail["Date"] = sent.astimezone(writer.zone) if writer else sent
    mail["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:24]}@{sender.domain}>"
    if answered:
        mail["In-Reply-To"] = answered["Message-ID"]
        mail["References"] = f"{answered.get('References', '')} {answered['Message-ID']}".strip()
    for name, value in facts.get("headers", {}).items():
        mail[name] = value

    text = facts["text"] + (f"\n-- \n{writer.signature}\n" if writer else "")
    mail.set_content(text)
    if facts.get("html"):
        mail.add_alternative(_html(text), subtype="html")
    for shown, file in facts.get("attachments", {}).items():
        maintype, subtype = str(mimetypes.guess_type(file)[0]).split("/")
        mail.add_attachment((ATTACHMENTS / file).read_bytes(), maintype, subtype, filename=shown)
    return mail


def invite(mail: EmailMessage, start: datetime, end: datetime, place: str) -> None:
    """Make `mail` a meeting request (RFC 6047) from its sender to its recipients; times are in UTC."""
    stamp = mail["Date"].datetime.astimezone(UTC)
    guests = [guest.addr_spec for header in ("To", "Cc") if header in mail for guest in mail[header].addresses]
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sample//Mail//EN", "METHOD:REQUEST", "BEGIN:VEVENT"),
        f"UID:{mail['Message-ID'].strip('<>')}",
        *(f"{name}:{time:%Y%m%dT%H%M%SZ}" for name, time in [("DTSTAMP", stamp), ("DTSTART", start), ("DTEND", end)]),
        f"SUMMARY:{mail['Subject']}",
        f"LOCATION:{place.replace(',', '\\,')}",
        f"ORGANIZER:mailto:{mail['From'].addresses[0].addr_spec}",
        *(f"ATTENDEE;RSVP=TRUE:mailto:{guest}" for guest in guests),
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    mail.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": "REQUEST"})


def report_failure(mail: EmailMessage, status: str) -> None:
    """Make `mail` a delivery status notification (RFC 3464): multipart/report with the blocks of `status`."""
    mail.make_mixed()
    blocks = EmailMessage()
    blocks["Content-Type"] = "message/delivery-status"
    blocks.set_payload([message_from_string(block) for block in status.strip().split("\n\n")])
    mail.attach(blocks)
    mail.set_type("multipart/report")
    mail.set_param("report-type", "delivery-status")


def fix_boundaries(mail: EmailMessage) -> None:
    """Give `mail` its MIME boundaries now: each time it is turned into bytes it would get other ones, at random."""
    key = mail["Message-ID"].strip("<>").partition("@")[0]
    for number, part in enumerate(mail.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"={key}={number}")


def _addressed(parties: Mapping[str, list[Address]]) -> EmailMessage:
    """A mail with these address headers, each name and each address on a line of its own.

    They are parsed, not set: what was set gets folded, and the folding of Python 3.13 eats spaces between names with
    accents ("SæunnBjörk Jónsdótti r"). What was parsed and has short lines is left as it is.
    """

    def folded(one: Address) -> str:
        return formataddr((one.display_name, one.addr_spec)).replace(" <", "\n <")

    headers = [f"{header}: {',\n '.join(map(folded, found))}\n" for header, found in parties.items() if found]
    return message_from_string("".join(headers) + "\n", policy=policy.default)


def _reply_subject(answered: EmailMessage | None) -> str:
    if answered is None:
        raise ValueError("a mail that answers no other needs a subject")
    subject = str(answered["Subject"])
    return subject if subject.startswith(("Re: ", "SV: ")) else f"Re: {subject}"


def _html(text: str) -> str:
    paragraphs = (escape(paragraph.strip()).replace("\n", "<br>\n") for paragraph in text.split("\n\n"))
    return "<html><body>\n" + "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs) + "</body></html>\n"
