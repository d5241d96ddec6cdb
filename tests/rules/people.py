"""Messages and parties for the rules: one of each that is in order, to be changed where a case differs."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.mail.decision import Policy
from shared.mail.matching import Party, PartyKind
from shared.mail.message import Message
from shared.mail.never_log import NeverLog, NeverLogRule, RuleKind
from shared.mail.setup import EmailLoggingSetup

ANNA, ANNA_AT_HOME, BEN = "anna@nordurljos.example", "anna@home.example", "ben@nordurljos.example"
CARL, CARL_AT_HOME, DISA = "carl@glencorran.example", "carl@home.example", "disa@ylur.example"
SECRET, STRANGER = "secret@clinic.example", "stranger@elsewhere.example"
LOG = "log@nordurljos.example"
PARTIES = {
    ANNA: Party(PartyKind.SALESPERSON, "AK"),
    ANNA_AT_HOME: Party(PartyKind.SALESPERSON, "AK", "HOME"),
    BEN: Party(PartyKind.SALESPERSON, "BW"),
    CARL: Party(PartyKind.CONTACT, "CT000002", "", "CT000001"),
    CARL_AT_HOME: Party(PartyKind.CONTACT, "CT000002", "PRIVATE", "CT000001"),
    DISA: Party(PartyKind.CONTACT, "CT000003"),
    SECRET: Party(PartyKind.CONTACT, "CT000004", privacy_blocked=True),
    LOG: Party(PartyKind.CONTACT, "CT000009"),
    "@nowhere.example": Party(PartyKind.CONTACT, "CT000008"),
}
"""Everybody known: two salespeople, four contacts, and two addresses that must not count though somebody has them."""
SENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 2, 9, 31, tzinfo=UTC)


def never_log(*rules: tuple[RuleKind, str]) -> NeverLog:
    """Rules by kind and value."""
    return NeverLog(NeverLogRule(f"rule-{n}", kind, value, "", SENT, "") for n, (kind, value) in enumerate(rules))


def a_policy(*rules: tuple[RuleKind, str], **setup: Any) -> Policy:
    """What the company has decided: rules, and fields of the setup."""
    return Policy(EmailLoggingSetup(mailboxes=(LOG,), **setup), never_log(*rules))


def a_message(**changes: Any) -> Message:
    """From Anna to Carl, changed as told."""
    message = Message(
        mailbox=LOG,
        item_id="item-1",
        internet_message_id="<1@letters.example>",
        conversation_id="conversation-1",
        subject="Malt and lamps",
        from_address=ANNA,
        sender_address=ANNA,
        to=(CARL,),
        cc=(),
        sent_at=SENT,
        received_at=RECEIVED,
    )
    return replace(message, **changes)
