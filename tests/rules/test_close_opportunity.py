"""Won and Lost: what an opportunity is worth then, and when closing is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import Conflict, Invalid
from shared.sales.close_opportunity import CloseOpportunityCode, Closing, Result, close_opportunity
from shared.sales.opportunity import Status
from shared.sales.opportunity_history import Action, History
from tests.rules.pipeline import NEW, TODAY, begun

PRICE = CloseOpportunityCode("PRICE", Status.WON, "Our price")
RIVAL = CloseOpportunityCode("RIVAL", Status.LOST, "Bought elsewhere")
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
CODES: dict[Result, CloseOpportunityCode] = {Status.WON: PRICE, Status.LOST: RIVAL}


def closed(history: History, result: Result, **asked: Any) -> History:
    return close_opportunity(history, Closing(result, **asked), CODES[result], TODAY)


def begun_with(value: int, **fields: Any) -> History:
    return begun(30, estimated_value=Decimal(value), **fields)


@pytest.mark.parametrize(
    ("result", "estimated", "value", "numbers"),
    [
        # chances, completed, probability, estimated value, calculated current value
        pytest.param(Status.WON, 500, 750, (100, 100, 100, 500, 750), id="won for more than was thought"),
        pytest.param(Status.WON, 500, None, (100, 100, 100, 500, 500), id="won for what was thought"),
        pytest.param(Status.WON, 0, 750, (100, 100, 100, 0, 750), id="won, never estimated"),
        pytest.param(Status.LOST, 500, None, (0, 100, 0, 500, 0), id="lost"),
        pytest.param(Status.LOST, 500, 750, (0, 100, 0, 500, 0), id="lost, whatever the value"),
        pytest.param(Status.LOST, 0, None, (0, 100, 0, 0, 0), id="lost, never estimated"),
    ],
)
def test_closing_settles_the_numbers(
    result: Result, estimated: int, value: int | None, numbers: tuple[object, ...]
) -> None:
    after = closed(begun_with(estimated), result, value=None if value is None else Decimal(value)).opportunity
    assert (
        after.chances_of_success,
        after.completed,
        after.probability,
        after.estimated_value,
        after.calculated_current_value,
    ) == numbers
    assert (after.status, after.close_opportunity_code, after.date_closed) == (result, CODES[result].code, TODAY)


@pytest.mark.parametrize(("estimated", "value"), [(0, None), (500, 0), (0, 0), (500, -1)])
def test_a_won_opportunity_needs_a_value(estimated: int, value: int | None) -> None:
    with pytest.raises(Invalid) as refusal:
        closed(begun_with(estimated), Status.WON, value=None if value is None else Decimal(value))
    assert list(refusal.value.fields) == ["value"]


@pytest.mark.parametrize(("result", "code"), [(Status.WON, RIVAL), (Status.LOST, PRICE)])
def test_a_code_of_the_other_type_is_not_valid(result: Result, code: CloseOpportunityCode) -> None:
    with pytest.raises(Invalid) as refusal:
        close_opportunity(begun_with(500), Closing(result), code, TODAY)
    assert list(refusal.value.fields) == ["closeOpportunityCode"]


@pytest.mark.parametrize(
    ("since", "given", "on"),
    [
        (TODAY, None, TODAY),
        (YESTERDAY, None, TODAY),
        (TOMORROW, None, TOMORROW),
        (YESTERDAY, YESTERDAY, YESTERDAY),
        (TODAY, TOMORROW, TOMORROW),
    ],
)
def test_it_is_closed_today_or_when_somebody_says(since: date, given: date | None, on: date) -> None:
    history = begun(30, since, estimated_value=Decimal(5))
    after = closed(history, Status.WON, date_closed=given)
    assert (after.opportunity.date_closed, after.entries[-1].date_of_change) == (on, on)


def test_it_is_not_closed_before_it_came_to_where_it_is() -> None:
    with pytest.raises(Invalid) as refusal:
        closed(begun_with(5), Status.LOST, date_closed=YESTERDAY)
    assert list(refusal.value.fields) == ["dateClosed"]


@pytest.mark.parametrize("day", [None, date(2020, 1, 1)])
def test_one_that_was_never_started_can_be_closed(day: date | None) -> None:
    after = closed(History(NEW), Status.LOST, date_closed=day)
    assert (after.opportunity.status, after.opportunity.date_closed) == (Status.LOST, day or TODAY)
    assert [(entry.action, entry.stage, entry.active) for entry in after.entries] == [(Action.LOST, 0, True)]


@pytest.mark.parametrize("first", [Status.WON, Status.LOST])
@pytest.mark.parametrize("then", [Status.WON, Status.LOST])
def test_what_is_closed_cannot_be_closed_again(first: Result, then: Result) -> None:
    history = closed(begun_with(5), first)
    with pytest.raises(Conflict, match="OP000001 is closed"):
        closed(history, then)
    history = replace(history, opportunity=replace(history.opportunity, estimated_value=Decimal(0)))
    with pytest.raises(Conflict):
        closed(history, then)


def test_closing_is_the_last_entry_of_the_history() -> None:
    history = closed(begun(30, YESTERDAY, estimated_value=Decimal(500)), Status.WON, value=Decimal(600))

    before, last = history.entries
    assert (before.active, before.date_closed, before.days_open(TOMORROW)) == (False, TODAY, 1)
    assert (last.action, last.active, last.previous_stage, last.stage) == (Action.WON, True, 30, 30)
    assert [last.calculated_current_value, last.probability] == [600, 100]
    assert last.close_opportunity_code == "PRICE"
    assert last.days_open(date(2027, 1, 1)) == 0


def test_closing_changes_nothing_else() -> None:
    before = begun_with(500, sales_quote_no="SQ1", interaction_count=2)
    after = closed(before, Status.LOST).opportunity
    settled = {"status", "chances_of_success", "completed", "probability", "date_closed", "close_opportunity_code"}
    back = {name: getattr(before.opportunity, name) for name in settled}
    assert replace(after, **back) == before.opportunity
