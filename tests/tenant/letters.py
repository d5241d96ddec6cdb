"""Letters to send, and ways to send them."""

import smtplib
from email.message import EmailMessage
from typing import Any

from local.tenant import Tenant

DOMAIN = "nordurljos.example"
LOGGING_MAILBOX = f"log@{DOMAIN}"
SALESPERSON = f"anna@{DOMAIN}"
CONTACT = "bjorn@fiskur.example"


def letter(text: str = "Góðan dag\n", **headers: Any) -> EmailMessage:
    """A letter from the contact to the salesperson, unless headers say otherwise (underscores for hyphens)."""
    message = EmailMessage()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in ({"From": CONTACT, "To": SALESPERSON, "Subject": "Fyrirspurn"} | given).items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    return message


def submit(tenant: Tenant, raw: bytes | EmailMessage, sender: str, *recipients: str, login: bool = False) -> None:
    """By SMTP, with this envelope."""
    host, _, port = tenant.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port)) as connection:
        if login:
            connection.login("anna", "whatever")
        connection.sendmail(sender, recipients, raw if isinstance(raw, bytes) else raw.as_bytes())


def logged(tenant: Tenant, folder: str = "Inbox") -> list[str]:
    """Subjects in the logging mailbox, oldest first."""
    return [item.subject for item in tenant.exchange.mailbox(LOGGING_MAILBOX).messages(folder)]
