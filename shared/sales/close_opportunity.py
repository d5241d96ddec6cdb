"""Closing an opportunity as Won or Lost (docs/rules.md, "Opportunities")."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.errors import Conflict, Invalid
from shared.sales.change_stage import not_before
from shared.sales.opportunity import Status
from shared.sales.opportunity_history import Action, History

type Result = Literal[Status.WON, Status.LOST]
_NOT_VALID = "The closing is not valid."
_ALL = Decimal(100)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class CloseOpportunityCode:
    """Why opportunities are won, or lost."""

    code: str
    type: Result
    description: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """What is asked for. `value` counts for Won alone; None takes the estimated value."""

    result: Result
    date_closed: date | None = None
    value: Decimal | None = None


def close_opportunity(history: History, closing: Closing, code: CloseOpportunityCode, today: date) -> History:
    """The history with its last entry. Raises Invalid, and only then Conflict when it is closed already."""
    before = history.opportunity
    check_type(closing.result, code)
    is_won = closing.result is Status.WON
    if is_won and closing.value is not None:
        _check_value(closing.value)
    earliest = history.active.date_of_change if history.active else date.min
    on = not_before(earliest, closing.date_closed, today, "dateClosed")
    if not before.is_open:
        raise Conflict(f"Opportunity {before.no} is closed and cannot be changed.")
    value = before.estimated_value if closing.value is None else closing.value
    if is_won:
        _check_value(value)
    percent = _ALL if is_won else _NOTHING
    after = replace(
        before,
        status=closing.result,
        chances_of_success=percent,
        completed=_ALL,
        probability=percent,
        won_value=value if is_won else _NOTHING,
        date_closed=on,
        close_opportunity_code=code.code,
    )
    return history.then(after, Action(closing.result), on)


def check_type(result: Result, code: CloseOpportunityCode) -> None:
    """Raises Invalid when the code is of the other type."""
    if code.type is not result:
        message = f"{code.code} is a code for {code.type} opportunities."
        raise Invalid(_NOT_VALID, {"closeOpportunityCode": message})


def _check_value(value: Decimal) -> None:
    if value <= 0:
        raise Invalid(_NOT_VALID, {"value": "A won opportunity needs a value above 0."})
