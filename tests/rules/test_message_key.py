"""Keys of mails and items: equal for what is the same, different for what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.message_key import digest, item_key, mail_key, message_id_key
from tests.rules.people import BEN, DISA, LOG, RECEIVED, SENT, a_message


@pytest.mark.parametrize(
    "difference",
    [
        {"internet_message_id": "<2@letters.example>"},
        {"from_address": BEN},
        {"subject": "malt and lamps"},
        {"sent_at": SENT + timedelta(seconds=1)},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_mails_that_differ_in_what_makes_them_have_different_keys(difference: dict[str, Any]) -> None:
    assert mail_key(a_message(**difference)) != mail_key(a_message())


@pytest.mark.parametrize(
    "difference",
    [
        {"item_id": "item-2"},
        {"mailbox": "other@nordurljos.example"},
        {"received_at": RECEIVED + timedelta(days=1)},
        {"to": (DISA,)},
        {"conversation_id": ""},
        {"has_attachments": True},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_items_of_the_same_mail_have_the_same_key(difference: dict[str, Any]) -> None:
    assert mail_key(a_message(**difference)) == mail_key(a_message())


def test_an_item_without_message_id_is_only_the_same_as_itself() -> None:
    one, other = (a_message(internet_message_id="", item_id=item) for item in ("item-1", "item-2"))
    assert mail_key(one) != mail_key(other)
    assert message_id_key(one) != message_id_key(other)
    assert mail_key(one) == mail_key(replace(one, received_at=SENT))


def test_mails_with_the_same_message_id_share_the_key_of_that_alone() -> None:
    assert message_id_key(a_message()) == message_id_key(a_message(subject="Another", from_address=DISA, sent_at=SENT))


def test_the_key_of_an_item_begins_with_its_mailbox_and_day() -> None:
    one = item_key(LOG, "item-1", RECEIVED)
    other = item_key(LOG, "item-2", RECEIVED + timedelta(hours=3))
    assert len(one) == 8 + 1 + 8 + 1 + 32
    assert one[8:18] == "-20261102-"
    assert one[:18] == other[:18]
    assert one != other
    assert item_key("other@nordurljos.example", "item-1", RECEIVED) != one


def test_the_day_in_an_items_key_has_eight_digits_however_old_the_item_is() -> None:
    assert item_key(LOG, "item-1", datetime(1, 1, 1, tzinfo=UTC))[8:18] == "-00010101-"


@given(st.lists(st.text(st.characters(exclude_characters="\x1f", exclude_categories=()))), st.integers(1, 64))
def test_a_digest_takes_any_text_and_has_the_length_asked_for(parts: list[str], length: int) -> None:
    assert len(digest(*parts, length=length)) == length
    assert set(digest(*parts)) <= set("0123456789abcdef")


def test_a_digest_tells_where_one_part_ends() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", ""), digest("", "abc")}) == 5
