"""A small company for stories: who works there, who its customers are, and the letters they write."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from local.tenant import Tenant
from shared.jobs.change_setup import change_setup, enable
from shared.jobs.keep_directory import add_contact, add_salesperson
from shared.jobs.ports import World
from shared.mail.setup import EmailLoggingSetup
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson

ANNA = "anna@nordurljos.example"
"""Salesperson AK."""
BEN = "ben@nordurljos.example"
"""Salesperson BW."""
CARL = "carl@glencorran.example"
"""Contact CT000002, of the company CT000001."""
CARL_AT_HOME = "carl@home.example"
"""The same, at his alternative address HOME."""
DISA = "disa@ylur.example"
"""Contact CT000003, of no company."""
STRANGER = "stranger@elsewhere.example"
SENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


async def found_company(world: World, tenant: Tenant, **setup: object) -> EmailLoggingSetup:
    """Two salespeople, a company, two persons; Email Logging enabled. `setup` overrides fields of the setup."""
    await add_salesperson(world, Salesperson("AK", "Anna Karlsdóttir", ANNA))
    await add_salesperson(world, Salesperson("BW", "Ben Whitfield", BEN))
    await add_contact(world, Contact("CT000001", ContactType.COMPANY, "Glen Corran Distillery"))
    home = (AlternativeAddress("HOME", CARL_AT_HOME),)
    await add_contact(world, Contact("CT000002", ContactType.PERSON, "Carl Munro", "CT000001", CARL, home))
    await add_contact(world, Contact("CT000003", ContactType.PERSON, "Dísa Jónsdóttir", email=DISA))
    wanted = EmailLoggingSetup(mailboxes=(tenant.logging_mailbox,), client_id=tenant.client_id)
    await change_setup(world, replace(wanted, **setup), None)  # type: ignore[arg-type]
    return await enable(world)


def letter(
    sender: str,
    /,
    *to: str,
    cc: tuple[str, ...] = (),
    subject: str = "Malt and lamps",
    message_id: str = "<1@letters.example>",
    sent: datetime = SENT,
    **headers: str,
) -> bytes:
    """A mail as it arrives. A header named `in_reply_to` is `In-Reply-To`; one that is "" is left out."""
    mail = EmailMessage()
    given = {"From": sender, "To": ", ".join(to), "Cc": ", ".join(cc), "Subject": subject, "Message-ID": message_id}
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value:
            mail[name] = value
    mail["Date"] = format_datetime(sent)
    mail.set_content("Good day.\n\nRegards\n")
    return mail.as_bytes()
