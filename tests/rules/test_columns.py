"""Nouns as rows: what goes in comes out, and no column is longer than the service takes."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.decision import Decision
from shared.mail.ledger import LedgerRow
from shared.mail.matching import InformationFlow, Pair
from shared.mail.message import Kind
from shared.mail.outcome import Mark, Outcome
from shared.mail.runs import MailboxStatus
from shared.mail.setup import EmailLoggingSetup
from shared.sales.opportunity import Opportunity, Status
from shared.sales.party import AlternativeAddress, Contact, ContactType
from shared.storage.columns import from_columns, to_columns
from tests.rules.people import RECEIVED, a_message

LARGEST_VALUE = 64 * 1024
"""Bytes of UTF-16: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model"""


@dataclass(frozen=True, slots=True)
class Note:
    """A noun for the test."""

    text: str
    words: tuple[str, ...] = ()
    etag: str = ""


def kind_of_value(noun: object, name: str) -> type:
    """A whole number may come back as a float, which is equal."""
    value = getattr(noun, name)
    return float if type(value) is int else type(value)


def there_and_back[T](noun: T) -> T:
    row = {**to_columns(noun), "PartitionKey": "p", "RowKey": "r"}
    back = from_columns(type(noun), row)
    assert isinstance(back, type(noun))
    return back


A_MESSAGE = a_message(item_class="IPM.Note", sensitivity=2, cc=("a@b", "c@d"), headers=(("list-id", "x"),))
DECISION = Decision(
    Outcome.LOGGED,
    "Logged: from a salesperson to a contact.",
    (Mark.ID_COLLISION, Mark.NO_LINK),
    Kind.MEETING,
    InformationFlow.OUTBOUND,
    (Pair("CT000002", "CT000001", "AK", "HOME"), Pair("CT000003", "", "AK", "")),
)
CONTACT = Contact(
    "CT000002", ContactType.PERSON, "Þóra", alternative_addresses=(AlternativeAddress("HOME", "þ@home.example"),)
)


@pytest.mark.parametrize(
    "noun",
    [
        CONTACT,
        LedgerRow(
            "id",
            A_MESSAGE,
            DECISION,
            RECEIVED,
            finished=True,
            tries=3,
        ),
        Opportunity(
            "OP000001",
            "Malt",
            "CT2",
            "CT1",
            "AK",
            "STANDARD",
            date(2028, 2, 29),
            Status.IN_PROGRESS,
            estimated_value=Decimal("12.50"),
        ),
        EmailLoggingSetup(mailboxes=("log@nordurljos.example",), enabled=True, enabled_at=RECEIVED),
        EmailLoggingSetup(),
        MailboxStatus(outcomes=((Outcome.LOGGED, 3), (Outcome.DRAFT, 1))),
    ],
    ids=lambda noun: type(noun).__name__,
)
def test_a_noun_is_the_same_when_it_comes_back(noun: Any) -> None:
    back = there_and_back(noun)
    assert back == noun
    assert [kind_of_value(back, f.name) for f in fields(back)] == [kind_of_value(noun, f.name) for f in fields(noun)]


def test_columns_are_named_as_fields_and_hold_plain_values() -> None:
    columns = to_columns(CONTACT)
    assert columns["no"] == "CT000002"
    assert columns["type"] == "Person"
    assert columns["privacy_blocked"] is False
    assert columns["alternative_addresses_json"] == '[{"code":"HOME","email":"þ@home.example"}]'
    assert all(type(value) in {str, bool, int, float} for value in columns.values())


def test_what_is_absent_has_no_column_and_the_etag_is_the_rows() -> None:
    columns = to_columns(EmailLoggingSetup(etag="old"))
    assert "enabled_at" not in columns
    assert "etag" not in columns
    row = {**columns, "PartitionKey": "p", "RowKey": "r", "etag": "new", "a_later_versions_column": 1}
    assert from_columns(EmailLoggingSetup, row) == EmailLoggingSetup(etag="new")


def test_times_keep_their_microseconds_and_are_in_utc() -> None:
    moment = datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)
    back = there_and_back(EmailLoggingSetup(enabled_at=moment))
    assert back.enabled_at == moment
    assert back.enabled_at.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize(
    "letter", ["a", "þ", "€", "💡", "\ud83d"], ids=["ASCII", "two", "three", "astral", "half of one"]
)
@pytest.mark.parametrize("length", [0, 1, 16_000, 16_001, 30_000, 30_001, 70_001])
def test_long_text_goes_on_in_further_columns_none_of_them_too_long(letter: str, length: int) -> None:
    note = Note(letter * length, words=("x" + letter * length, "y"))
    assert there_and_back(note) == note
    for value in to_columns(note).values():
        assert len(value.encode("utf-16-le", "surrogatepass")) <= LARGEST_VALUE


@given(st.text(), st.lists(st.text(), max_size=5))
def test_any_text_comes_back(text: str, words: list[str]) -> None:
    note = Note(text, tuple(words))
    assert there_and_back(note) == replace(note)
