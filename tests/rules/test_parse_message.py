"""Graph's JSON of a message, as the noun."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.graph.parse_message import SELECTED, parse_message, parse_time
from shared.mail.classification import kind_of
from shared.mail.message import Folder, Kind, Message

LOG = "log@nordurljos.example"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FULL: dict[str, Any] = {
    "id": "AAkAL=",
    "internetMessageId": "<1@letters.example>",
    "conversationId": "AAQk",
    "subject": "Malt and lamps",
    "from": {"emailAddress": {"name": "Anna", "address": "Anna@Nordurljos.example"}},
    "sender": {"emailAddress": {"name": "Office", "address": " office@nordurljos.example"}},
    "toRecipients": [
        {"emailAddress": {"address": "CARL@glencorran.example"}},
        {"emailAddress": {"name": "No address"}},
    ],
    "ccRecipients": [{"emailAddress": {"address": "disa@ylur.example"}}],
    "sentDateTime": "2026-11-02T09:30:00Z",
    "receivedDateTime": "2026-11-02T09:31:05Z",
    "isDraft": False,
    "hasAttachments": True,
    "internetMessageHeaders": [
        {"name": "Precedence", "value": "Bulk"},
        {"name": "X-Mailer", "value": "Pigeon"},
        {"name": "LIST-ID", "value": None},
    ],
}


def test_a_message_is_read_with_normalised_addresses_and_times_in_utc() -> None:
    assert set(FULL) == set(SELECTED)
    assert parse_message(LOG, FULL) == Message(
        mailbox=LOG,
        item_id="AAkAL=",
        internet_message_id="<1@letters.example>",
        conversation_id="AAQk",
        subject="Malt and lamps",
        from_address="anna@nordurljos.example",
        sender_address="office@nordurljos.example",
        to=("carl@glencorran.example",),
        cc=("disa@ylur.example",),
        sent_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        received_at=datetime(2026, 11, 2, 9, 31, 5, tzinfo=UTC),
        has_attachments=True,
        headers=(("precedence", "bulk"), ("list-id", "")),
    )


@pytest.mark.parametrize("item", [{}, dict.fromkeys(SELECTED)], ids=["absent", "null"])
def test_absent_and_null_properties_are_empty(item: dict[str, Any]) -> None:
    empty = Message(LOG, "AAkAL=", "", "", "", "", "", (), (), NEVER, NEVER)
    assert parse_message(LOG, {**item, "id": "AAkAL="}) == empty


@pytest.mark.parametrize("recipient", [None, {}, {"emailAddress": None}, {"emailAddress": {"address": None}}])
def test_a_recipient_without_address_is_nobody(recipient: Any) -> None:
    message = parse_message(LOG, {"id": "1", "from": recipient, "toRecipients": [recipient]})
    assert (message.from_address, message.to) == ("", ())


def test_a_message_without_sent_time_was_sent_when_it_came() -> None:
    message = parse_message(LOG, {**FULL, "sentDateTime": None})
    assert message.sent_at == message.received_at == datetime(2026, 11, 2, 9, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind_of_item", "kind"),
    [
        ("#microsoft.graph.eventMessageRequest", Kind.MEETING),
        ("#microsoft.graph.eventMessageResponse", Kind.MESSAGE),
        ("#microsoft.graph.eventMessage", Kind.MESSAGE),
        ("#microsoft.graph.message", Kind.MESSAGE),
        (None, Kind.MESSAGE),
    ],
)
def test_a_meeting_request_is_a_meeting(kind_of_item: str | None, kind: Kind) -> None:
    assert kind_of(parse_message(LOG, {**FULL, "@odata.type": kind_of_item})) is kind


def test_properties_of_exchange_are_known_by_their_ids_whatever_the_case() -> None:
    extended = [{"id": "String 0x1a", "value": "IPM.Note.SMIME"}, {"id": "Integer 0x36", "value": "2"}]
    message = parse_message(LOG, {**FULL, "singleValueExtendedProperties": extended}, Folder.ARCHIVE)
    assert (message.item_class, message.sensitivity, message.folder) == ("IPM.Note.SMIME", 2, Folder.ARCHIVE)
    assert parse_message(LOG, {**FULL, "singleValueExtendedProperties": None}).sensitivity == 0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-02T09:30:00Z", datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
        ("2026-11-02T09:30:00.1234567Z", datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-02T11:30:00+02:00", datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        (None, NEVER),
        ("", NEVER),
    ],
)
def test_times_are_read_as_graph_writes_them(text: str | None, moment: datetime) -> None:
    assert parse_time(text) == moment


def test_half_a_character_at_the_end_of_a_cut_subject_is_replaced() -> None:
    """Exchange cuts by UTF-16 units; half an emoji could be shown to nobody and would break a whole list."""
    message = parse_message(LOG, {**FULL, "subject": "Light \ud83d", "internetMessageId": "<\udca1@x>"})
    assert message.subject == "Light \N{REPLACEMENT CHARACTER}"
    assert message.internet_message_id == "<\N{REPLACEMENT CHARACTER}@x>"
    assert parse_message(LOG, {**FULL, "subject": "Light \N{ELECTRIC LIGHT BULB}"}).subject.endswith("💡")
