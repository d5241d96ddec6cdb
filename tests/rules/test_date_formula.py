"""Date formulas as in Business Central."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sales.date_formula import FIRST, LAST, after, is_valid

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
    "formula",
    [
        "D",
        "14",
        "14X",
        "D14",
        "1M3D",
        "1M +3D",
        "1.5M",
        "--1D",
        "1D+",
        "+",
        " 14D",
        "14D\n",
        "99999D",
        "CM",
        "9999Y",
        "101Y",
        "1300M",
        "5300W",
        "60Y+60Y",
        "60Y-60Y",
    ],
)
def test_what_is_no_run_of_terms_is_no_formula(formula: str) -> None:
    assert not is_valid(formula)


@pytest.mark.parametrize("formula", ["100Y", "1200M", "5200W", "9999D", "50Y+50Y", "36D-36D"])
def test_a_formula_may_lead_a_hundred_years_away(formula: str) -> None:
    assert is_valid(formula)


@pytest.mark.parametrize(
    ("formula", "start", "result"),
    [
        ("14D", date(9999, 12, 20), LAST),
        ("1M", date(9999, 12, 1), LAST),
        ("1M", date(9999, 11, 30), LAST),
        ("100Y", date(9950, 1, 1), LAST),
        ("9999Y", date(2026, 1, 1), LAST),
        ("-9999Y", date(2026, 1, 1), FIRST),
        ("-2W", date(1, 1, 10), FIRST),
        ("-1M", date(1, 1, 31), FIRST),
        ("9999Y+9999Y+9999M-1D", date(2026, 1, 1), date(9999, 12, 29)),
    ],
)
def test_a_formula_never_leads_out_of_the_calendar(formula: str, start: date, result: date) -> None:
    assert after(formula, start) == result


@given(st.dates(FIRST, LAST), st.from_regex(r"\A[+-]?\d{1,4}[DWMY]([+-]\d{1,4}[DWMY]){0,5}\Z"))
def test_whatever_is_counted_from_whatever_day_the_end_is_a_day_of_the_calendar(start: date, formula: str) -> None:
    assert FIRST <= after(formula, start) <= LAST


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
