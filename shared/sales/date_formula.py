"""Date formulas of Business Central, such as `14D`, `2W`, `1M` or `1M+3D`."""

import calendar
import re
from datetime import date

FIRST, LAST = date(1, 1, 2), date(9999, 12, 30)
"""The dates that the product works with: the calendar's first and last day have no day before or after them."""
RULE = "Write a date formula such as 14D, 2W, 1M or 1M+3D, of 100 years at most"
"""What `is_valid` asks for, to be shown."""
_FORMULA = re.compile(r"[+-]?\d{1,4}[DWMY](?:[+-]\d{1,4}[DWMY])*", re.IGNORECASE)
_TERM = re.compile(r"([+-]?)(\d{1,4})([DWMY])", re.IGNORECASE)
_DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}
_FURTHEST = 100 * 365


def is_valid(formula: str) -> bool:
    """Whether the formula is empty, or a run of terms, each a number of days, weeks, months or years."""
    if formula == "":
        return True
    days = sum(int(number) * _DAYS[unit.upper()] for _, number, unit in _TERM.findall(formula))
    return _FORMULA.fullmatch(formula) is not None and days <= _FURTHEST


def after(formula: str, start: date) -> date:
    """The date that the formula gives, counted from `start`, and never one outside of the calendar.

    A month that is too short gives its last day.
    """
    result = start
    for sign, number, unit in _TERM.findall(formula):
        count = -int(number) if sign == "-" else int(number)
        match unit.upper():
            case "D":
                result = _days_later(result, count)
            case "W":
                result = _days_later(result, 7 * count)
            case "M":
                result = _months_later(result, count)
            case _:
                result = _months_later(result, 12 * count)
    return result


def _days_later(start: date, days: int) -> date:
    return date.fromordinal(_within(FIRST.toordinal(), start.toordinal() + days, LAST.toordinal()))


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not FIRST.year <= year <= LAST.year:
        return FIRST if year < FIRST.year else LAST
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return _within(FIRST, date(year, month + 1, day), LAST)


def _within[T: (int, date)](least: T, value: T, most: T) -> T:
    return min(max(value, least), most)
