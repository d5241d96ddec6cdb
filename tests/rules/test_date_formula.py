"""Date formulas as in Business Central."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sales.date_formula import after, is_valid

JANUARY_31 = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("formula", "start", "result"),
    [
        ("", JANUARY_31, JANUARY_31),
        ("0D", JANUARY_31, JANUARY_31),
        ("14D", JANUARY_31, date(2026, 2, 14)),
        ("+14D", JANUARY_31, date(2026, 2, 14)),
        ("14d", JANUARY_31, date(2026, 2, 14)),
        ("-1D", date(2026, 3, 1), date(2026, 2, 28)),
        ("-1D", date(2028, 3, 1), date(2028, 2, 29)),
        ("2W", JANUARY_31, date(2026, 2, 14)),
        ("-1W", date(2026, 1, 3), date(2025, 12, 27)),
        ("1M", JANUARY_31, date(2026, 2, 28)),
        ("1M", date(2028, 1, 31), date(2028, 2, 29)),
        ("1M", date(2026, 2, 28), date(2026, 3, 28)),
        ("3M", date(2026, 11, 30), date(2027, 2, 28)),
        ("-1M", date(2026, 3, 31), date(2026, 2, 28)),
        ("-1M", date(2026, 1, 15), date(2025, 12, 15)),
        ("12M", date(2028, 2, 29), date(2029, 2, 28)),
        ("1Y", date(2028, 2, 29), date(2029, 2, 28)),
        ("4Y", date(2028, 2, 29), date(2032, 2, 29)),
        ("-1Y", date(2028, 2, 29), date(2027, 2, 28)),
        ("1M+3D", JANUARY_31, date(2026, 3, 3)),
        ("1M-1D", JANUARY_31, date(2026, 2, 27)),
        ("3D+1M", JANUARY_31, date(2026, 3, 3)),
        ("1Y+1M+1W+1D", date(2026, 1, 1), date(2027, 2, 9)),
    ],
)
def test_a_formula_gives_a_date_term_by_term(formula: str, start: date, result: date) -> None:
    assert is_valid(formula)
    assert after(formula, start) == result


@pytest.mark.parametrize(
    "formula", ["D", "14", "14X", "D14", "1M3D", "1M +3D", "1.5M", "--1D", "1D+", "+", " 14D", "14D\n", "99999D", "CM"]
)
def test_what_is_no_run_of_terms_is_no_formula(formula: str) -> None:
    assert not is_valid(formula)


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.integers(0, 999))
def test_days_and_weeks_are_counted_exactly_there_and_back(start: date, count: int) -> None:
    assert after(f"{count}D", start) == start + timedelta(days=count)
    assert after(f"{count}W", start) == start + timedelta(weeks=count)
    assert after(f"{count}D-{count}D", start) == start


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.integers(0, 120))
def test_months_keep_the_day_or_take_the_months_last(start: date, count: int) -> None:
    later = after(f"{count}M", start)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == count
    assert later.day == start.day or (later.day < start.day and (later + timedelta(days=1)).day == 1)
