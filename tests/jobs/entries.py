"""Entries of the log as a run would have written them, for stories that begin after the mail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.mail.message_key import digest
from shared.sales.interaction import Interaction

OCCURRED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def an_entry(number: int = 1, **changes: Any) -> Interaction:
    """Anna wrote to Carl; the entries of higher numbers are of later mails."""
    entry = Interaction(
        id=f"{OCCURRED:%Y%m%d}" + digest(f"mail {number}") + digest("CT000002", "AK", length=16),
        occurred_at=OCCURRED + timedelta(minutes=number),
        information_flow="Outbound",
        kind="Message",
        contact_no="CT000002",
        company_no="CT000001",
        alternative_address_code="",
        salesperson_code="AK",
        subject=f"Malt and lamps, {number}",
        internet_message_id=f"<{number}@letters.example>",
        conversation_id=f"conversation-{number}",
        has_attachments=False,
        mailbox="log@nordurljos.example",
        item_id=f"item-{number}",
    )
    return replace(entry, **changes)
