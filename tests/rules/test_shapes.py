"""Values as the API takes them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.mail.setup import EmailLoggingSetup
from shared.web.shapes import Amount, Day, Flag, Number, Percentage, Text

DAY = TypeAdapter[date](Day)


@pytest.mark.parametrize(
    ("kind", "json", "value"),
    [
        (Day, b'"2028-02-29"', date(2028, 2, 29)),
        (Text, b'""', ""),
        (Text, f'"{"💡" * 500}"'.encode(), "💡" * 500),
        (Flag, b"true", True),
        (Amount, b"0", 0),
        (Amount, b"1e15", 10**15),
        (Amount, b"0.1", Decimal("0.1")),
        (Amount, b"1000.10", Decimal("1000.1")),
        (Percentage, b"100", 100),
        (Number, b'"CT000001"', "CT000001"),
        (Number, b'"' + b"x" * 50 + b'"', "x" * 50),
    ],
)
def test_a_value_in_order_is_taken(kind: Any, json: bytes, value: Any) -> None:
    assert TypeAdapter(kind).validate_json(json) == value


@pytest.mark.parametrize(("json", "digits"), [(b"5", "5"), (b"5.0", "5"), (b"5.50", "5.5"), (b"0.1", "0.1")])
def test_an_amount_is_the_decimal_that_was_written(json: bytes, digits: str) -> None:
    assert str(TypeAdapter[Decimal](Amount).validate_json(json)) == digits


@pytest.mark.parametrize(
    ("kind", "json"),
    [
        (Day, b"20260102"),
        (Day, b"0"),
        (Day, b"true"),
        (Day, b'"2026-02-29"'),
        (Day, b'"2026-01-02T10:00:00Z"'),
        (Day, b'"0001-01-01"'),
        (Day, b'"9999-12-31"'),
        (Day, b'"10000-01-01"'),
        (Text, b'"a\\u0000b"'),
        (Text, b'"a\\nb"'),
        (Text, b'"' + b"x" * 501 + b'"'),
        (Text, b"1"),
        (Flag, b'"true"'),
        (Flag, b"1"),
        (Amount, b"-1"),
        (Amount, b'"5"'),
        (Amount, b"1e16"),
        (Amount, b"true"),
        (Amount, b"null"),
        (Amount, b"[5]"),
        (Amount, b"NaN"),
        (Amount, b"1e999"),
        (Percentage, b"100.5"),
        (Number, b'""'),
        (Number, b'"CT/1"'),
        (Number, b'"CT1\\n"'),
        (Number, b'"' + b"x" * 51 + b'"'),
    ],
)
def test_a_value_of_the_wrong_type_or_size_is_refused(kind: Any, json: bytes) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(json)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_every_day_that_is_taken_begins_and_ends_in_every_time_zone(zone: str) -> None:
    setup = EmailLoggingSetup(time_zone=zone)
    first, last = DAY.validate_python("0001-01-02"), DAY.validate_python("9999-12-30")
    assert setup.local_date(setup.start_of(first)) == first
    assert setup.start_of(last + timedelta(days=1)) > setup.start_of(last)
