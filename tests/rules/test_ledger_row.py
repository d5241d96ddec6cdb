"""What follows from a plan: the ids of its entries and the time of the interaction."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.mail.decision import Decision
from shared.mail.ledger import LedgerRow
from shared.mail.matching import InformationFlow, Pair
from shared.mail.message_key import mail_key
from shared.mail.outcome import Outcome
from tests.rules.people import RECEIVED, a_message

PAIR = Pair("CT000002", "CT000001", "AK", "")


def a_row(flow: InformationFlow = InformationFlow.OUTBOUND, **changes: Any) -> LedgerRow:
    return LedgerRow("row", a_message(**changes), Decision(Outcome.LOGGED, "", flow=flow, pairs=(PAIR,)), RECEIVED)


def test_an_entrys_id_is_the_day_of_the_interaction_the_mail_and_the_pair() -> None:
    entry_id = a_row().interaction_id(PAIR)
    assert entry_id[:40] == "20261102" + mail_key(a_message())
    assert len(entry_id) == 56
    assert a_row().interaction_ids == (entry_id,)


def test_an_entrys_id_is_the_same_whoever_repeats_the_work() -> None:
    entry_id = a_row().interaction_id(PAIR)
    assert a_row(item_id="item-2").interaction_id(PAIR) == entry_id
    assert a_row().interaction_id(replace(PAIR, company_no="CT000009", alternative_address_code="HOME")) == entry_id
    assert a_row().interaction_id(replace(PAIR, contact_no="CT000003")) != entry_id
    assert a_row().interaction_id(replace(PAIR, salesperson_code="BW")) != entry_id


@pytest.mark.parametrize(
    ("flow", "day"), [(InformationFlow.OUTBOUND, "20261231"), (InformationFlow.INBOUND, "20270101")]
)
def test_the_day_in_an_entrys_id_is_that_of_the_interaction(flow: InformationFlow, day: str) -> None:
    sent, received = datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert a_row(flow, sent_at=sent, received_at=received).interaction_id(PAIR)[:8] == day


@pytest.mark.parametrize("year", [1, 33, 999])
def test_the_day_in_an_entrys_id_has_eight_digits_however_old_the_mail_says_it_is(year: int) -> None:
    row = a_row(sent_at=datetime(year, 2, 3, tzinfo=UTC))
    assert row.interaction_id(PAIR)[:8] == f"{year:04}0203"
    assert row.interaction_id(PAIR)[8:40] == mail_key(row.message)
