"""Date formulas of Business Central, such as `14D`, `2W`, `1M` or `1M+3D`."""

import calendar
import re
from datetime import date, timedelta

_FORMULA = re.compile(r"[+-]?\d{1,4}[DWMY](?:[+-]\d{1,4}[DWMY])*", re.IGNORECASE)
_TERM = re.compile(r"([+-]?)(\d{1,4})([DWMY])", re.IGNORECASE)


def is_valid(formula: str) -> bool:
    """Whether the formula is empty or a run of terms, each a number of days, weeks, months or years."""
    return formula == "" or _FORMULA.fullmatch(formula) is not None


def after(formula: str, start: date) -> date:
    """The date that the formula gives, counted from `start`. A month that is too short gives its last day."""
    result = start
    for sign, number, unit in _TERM.findall(formula):
        count = -int(number) if sign == "-" else int(number)
        match unit.upper():
            case "D":
                result += timedelta(days=count)
            case "W":
                result += timedelta(weeks=count)
            case "M":
                result = _months_later(result, count)
            case _:
                result = _months_later(result, 12 * count)
    return result


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
