"""First, Next, Previous, Skip, Jump and Update: which stage, which numbers, which dates, and when they are refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import Conflict, Invalid
from shared.sales.change_stage import StageChange, change_stage
from shared.sales.opportunity import Opportunity, Status
from shared.sales.opportunity_history import MOST_ENTRIES, Action, History
from shared.sales.sales_cycle import ProbabilityCalculation
from tests.rules.pipeline import FIVE, NEW, TODAY, a_stage, begun

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
QUOTED: dict[str, Any] = {"sales_quote_no": "SQ1001"}


def changed(history: History, action: Action, **asked: Any) -> Opportunity:
    return change_stage(history, FIVE, StageChange(action, **asked), TODAY).opportunity


@pytest.mark.parametrize(
    ("action", "stage", "to", "reached"),
    [
        (Action.FIRST, 0, None, 10),
        (Action.FIRST, 0, 10, 10),
        (Action.NEXT, 10, None, 20),
        (Action.NEXT, 20, None, 30),
        (Action.NEXT, 20, 30, 30),
        (Action.NEXT, 30, None, 40),
        (Action.NEXT, 40, None, 50),
        (Action.PREVIOUS, 50, None, 40),
        (Action.PREVIOUS, 20, None, 10),
        (Action.PREVIOUS, 20, 10, 10),
        (Action.SKIP, 10, 20, 20),
        (Action.SKIP, 10, 30, 30),
        (Action.SKIP, 10, 40, 40),
        (Action.SKIP, 40, 50, 50),
        (Action.JUMP, 50, 10, 10),
        (Action.JUMP, 50, 40, 40),
        (Action.JUMP, 20, 10, 10),
        (Action.UPDATE, 10, None, 10),
        (Action.UPDATE, 50, None, 50),
        (Action.UPDATE, 50, 50, 50),
    ],
)
def test_an_action_leads_to_its_stage(action: Action, stage: int, to: int | None, reached: int) -> None:
    history = begun(stage, **QUOTED) if stage else History(NEW)
    after = changed(history, action, stage=to)
    assert (after.stage, after.stage_description) == (reached, f"Stage {reached}")
    assert after.completed == {10: 10, 20: 30, 30: 50, 40: 70, 50: 90}[reached]
    assert after.status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("action", "stage", "to", "why"),
    [
        (Action.SKIP, 20, None, "Skip needs a stage"),
        (Action.JUMP, 20, None, "Jump needs a stage"),
        (Action.SKIP, 20, 20, "Skip goes to a stage after 20"),
        (Action.SKIP, 20, 10, "Skip goes to a stage after 20"),
        (Action.JUMP, 20, 20, "Jump goes to a stage before 20"),
        (Action.JUMP, 20, 30, "Jump goes to a stage before 20"),
        (Action.JUMP, 0, 10, "Jump goes to a stage before 0"),
        (Action.SKIP, 10, 15, "Sales cycle FIVE has no stage 15"),
        (Action.JUMP, 50, 0, "Sales cycle FIVE has no stage 0"),
        (Action.FIRST, 0, 20, "First does not lead to stage 20"),
        (Action.NEXT, 10, 30, "Next does not lead to stage 30"),
        (Action.PREVIOUS, 30, 10, "Previous does not lead to stage 10"),
        (Action.UPDATE, 30, 40, "Update does not lead to stage 40"),
    ],
)
def test_a_stage_that_the_action_does_not_lead_to_is_not_valid(
    action: Action, stage: int, to: int | None, why: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        changed(begun(stage) if stage else History(NEW), action, stage=to)
    assert refusal.value.fields["stage"].startswith(why)


@pytest.mark.parametrize(
    ("history", "action", "to", "why"),
    [
        pytest.param(begun(), Action.FIRST, None, "in progress already", id="First twice"),
        pytest.param(History(NEW), Action.NEXT, None, "not started", id="Next before First"),
        pytest.param(History(NEW), Action.PREVIOUS, None, "not started", id="Previous before First"),
        pytest.param(History(NEW), Action.SKIP, 20, "not started", id="Skip before First"),
        pytest.param(History(NEW), Action.UPDATE, None, "not started", id="Update before First"),
        pytest.param(begun(50), Action.NEXT, None, "no stage to go to from stage 50", id="Next from the last"),
        pytest.param(begun(10), Action.PREVIOUS, None, "no stage to go to from stage 10", id="Previous from the first"),
        pytest.param(begun(30, **QUOTED), Action.SKIP, 50, "Stage 40 .* may not be skipped", id="over one"),
        pytest.param(begun(10, **QUOTED), Action.SKIP, 50, "Stage 40 .* may not be skipped", id="over three"),
        pytest.param(begun(30), Action.NEXT, None, "Stage 40 .* requires a sales quote", id="Next without quote"),
        pytest.param(begun(10), Action.SKIP, 40, "Stage 40 .* requires a sales quote", id="Skip without quote"),
    ],
)
def test_what_the_state_does_not_allow_is_refused(history: History, action: Action, to: int | None, why: str) -> None:
    with pytest.raises(Conflict, match=why):
        changed(history, action, stage=to)


@pytest.mark.parametrize("status", [Status.WON, Status.LOST])
@pytest.mark.parametrize("action", [Action.FIRST, Action.NEXT, Action.PREVIOUS, Action.UPDATE])
def test_a_closed_opportunity_takes_no_action(status: Status, action: Action) -> None:
    with pytest.raises(Conflict, match="is closed"):
        changed(begun(20, status=status), action)


@pytest.mark.parametrize(("action", "to"), [(Action.PREVIOUS, None), (Action.JUMP, 40)])
def test_going_back_to_a_stage_that_requires_a_quote_needs_none(action: Action, to: int | None) -> None:
    assert changed(begun(50), action, stage=to).stage == 40


def test_first_may_have_any_date_and_so_is_refused_for_its_state_alone() -> None:
    with pytest.raises(Conflict, match="in progress already"):
        changed(begun(10, TODAY), Action.FIRST, date_of_change=YESTERDAY)


def test_leaving_a_stage_that_may_not_be_skipped_is_no_skipping() -> None:
    assert changed(begun(40), Action.SKIP, stage=50).stage == 50


@pytest.mark.parametrize(
    ("action", "stage", "to", "was", "given", "chances"),
    [
        (Action.FIRST, 0, None, 0, None, 20),
        (Action.FIRST, 0, None, 55, None, 55),
        (Action.FIRST, 0, None, 55, 35, 35),
        (Action.FIRST, 0, None, 55, 0, 20),
        (Action.NEXT, 10, None, 25, None, 25),
        (Action.NEXT, 10, None, 0, None, 40),
        (Action.NEXT, 10, None, 25, 75, 75),
        (Action.NEXT, 10, None, 25, 0, 40),
        (Action.NEXT, 40, None, 0, None, 0),
        (Action.PREVIOUS, 30, None, 25, None, 25),
        (Action.PREVIOUS, 30, None, 0, None, 40),
        (Action.PREVIOUS, 30, None, 25, 75, 75),
        (Action.SKIP, 10, 30, 25, None, 60),
        (Action.SKIP, 10, 30, 25, 75, 60),
        (Action.SKIP, 40, 50, 25, 75, 0),
        (Action.JUMP, 30, 10, 25, None, 20),
        (Action.JUMP, 30, 10, 25, 75, 20),
        (Action.UPDATE, 30, None, 25, None, 25),
        (Action.UPDATE, 30, None, 25, 75, 75),
        (Action.UPDATE, 30, None, 0, None, 60),
        (Action.UPDATE, 30, None, 25, 0, 60),
    ],
)
def test_skip_and_jump_take_the_stages_chances_the_others_keep_what_is_given_or_was_there(
    action: Action, stage: int, to: int | None, was: int, given: int | None, chances: int
) -> None:
    had = Decimal(was)
    history = begun(stage, chances_of_success=had) if stage else History(replace(NEW, chances_of_success=had))
    after = changed(history, action, stage=to, chances_of_success=None if given is None else Decimal(given))
    assert after.chances_of_success == chances
    assert after.probability == chances * after.completed / 100


@pytest.mark.parametrize(
    ("action", "to", "was", "given", "on", "close"),
    [
        (Action.FIRST, None, None, None, TODAY, date(2026, 11, 16)),
        (Action.FIRST, None, TODAY, None, TODAY, date(2026, 11, 16)),
        (Action.FIRST, None, date(2026, 12, 24), None, TODAY, date(2026, 12, 24)),
        (Action.FIRST, None, None, date(2027, 1, 5), TODAY, date(2027, 1, 5)),
        (Action.FIRST, None, None, None, date(2020, 2, 20), date(2020, 3, 5)),
        (Action.NEXT, None, None, None, TODAY, date(2026, 12, 5)),
        (Action.NEXT, None, TODAY, None, TODAY, date(2026, 12, 5)),
        (Action.NEXT, None, TODAY, None, TOMORROW, TODAY),
        (Action.NEXT, None, TODAY, TOMORROW, TOMORROW, date(2026, 12, 6)),
        (Action.NEXT, None, date(2026, 11, 20), None, TODAY, date(2026, 11, 20)),
        (Action.NEXT, None, date(2026, 11, 20), date(2026, 11, 30), TODAY, date(2026, 11, 30)),
        (Action.SKIP, 30, None, None, TODAY, TODAY),
        (Action.SKIP, 30, TODAY, None, TODAY, TODAY),
        (Action.UPDATE, None, TODAY, None, TODAY, date(2026, 11, 16)),
        (Action.UPDATE, None, None, YESTERDAY, TODAY, YESTERDAY),
    ],
)
def test_the_estimated_close_date_is_filled_in_where_there_is_none(
    action: Action, to: int | None, was: date | None, given: date | None, on: date, close: date
) -> None:
    history = History(NEW) if action is Action.FIRST else begun(10)
    history = history.corrected(replace(history.opportunity, estimated_close_date=was))
    after = changed(history, action, stage=to, date_of_change=on, estimated_close_date=given)
    assert after.estimated_close_date == close


@pytest.mark.parametrize("action", [Action.NEXT, Action.PREVIOUS, Action.UPDATE])
def test_the_date_of_change_never_goes_back(action: Action) -> None:
    with pytest.raises(Invalid) as refusal:
        changed(begun(20, TODAY), action, date_of_change=YESTERDAY)
    assert list(refusal.value.fields) == ["dateOfChange"]
    for day in (TODAY, TOMORROW):
        history = change_stage(begun(20, TODAY), FIVE, StageChange(action, date_of_change=day), TODAY)
        assert history.entries[-1].date_of_change == day


@pytest.mark.parametrize("day", [date(1900, 1, 1), TODAY, date(9999, 12, 30)])
def test_the_first_stage_may_have_any_date(day: date) -> None:
    history = change_stage(History(NEW), FIVE, StageChange(Action.FIRST, date_of_change=day), TODAY)
    assert history.entries[-1].date_of_change == day


@pytest.mark.parametrize(("since", "on"), [(YESTERDAY, TODAY), (TODAY, TODAY), (TOMORROW, TOMORROW)])
def test_without_a_date_it_is_today_or_the_date_that_the_opportunity_has_come_to(since: date, on: date) -> None:
    history = change_stage(begun(20, since), FIVE, StageChange(Action.NEXT), TODAY)
    assert history.entries[-1].date_of_change == on


@pytest.mark.parametrize(
    ("calculation", "chances", "percent", "current"),
    [
        (ProbabilityCalculation.MULTIPLY, "40", "12", "148.14816"),
        (ProbabilityCalculation.MULTIPLY, "33.3", "9.99", "123.3333432"),
        (ProbabilityCalculation.ADD, "40", "35", "432.0988"),
        (ProbabilityCalculation.ADD, "33", "31.5", "388.88892"),
        (ProbabilityCalculation.CHANCES_OF_SUCCESS, "40", "40", "493.8272"),
        (ProbabilityCalculation.COMPLETED, "40", "30", "370.3704"),
    ],
)
def test_the_cycle_says_how_likely_it_is_and_so_what_it_is_worth_now(
    calculation: ProbabilityCalculation, chances: str, percent: str, current: str
) -> None:
    cycle = replace(FIVE, probability_calculation=calculation)
    change = StageChange(Action.NEXT, estimated_value=Decimal("1234.568"), chances_of_success=Decimal(chances))
    after = change_stage(begun(10), cycle, change, TODAY).opportunity
    assert (after.probability, after.calculated_current_value) == (Decimal(percent), Decimal(current))


@pytest.mark.parametrize(("was", "given", "value"), [(0, None, 0), (500, None, 500), (500, 700, 700), (500, 0, 0)])
def test_the_estimated_value_stays_until_another_is_given(was: int, given: int | None, value: int) -> None:
    asked = None if given is None else Decimal(given)
    after = changed(begun(20, estimated_value=Decimal(was)), Action.UPDATE, estimated_value=asked)
    assert after.estimated_value == value
    assert after.calculated_current_value == value * after.probability / 100


def test_an_action_changes_nothing_else() -> None:
    before = begun(20, sales_quote_no="SQ1", interaction_count=3).opportunity
    after = changed(History(before, begun(20).entries), Action.NEXT)
    moved = {"stage", "stage_description", "completed", "probability"}
    assert replace(after, **{name: getattr(before, name) for name in moved}) == before


def test_an_action_on_a_stage_that_was_taken_out_of_the_cycle_goes_by_its_number() -> None:
    history = begun(30, chances_of_success=Decimal(45))
    cycle = replace(FIVE, stages=tuple(stage for stage in FIVE.stages if stage.stage != 30))

    def moved(action: Action) -> Opportunity:
        return change_stage(history, cycle, StageChange(action), TODAY).opportunity

    assert moved(Action.PREVIOUS).stage == 20
    stays = moved(Action.UPDATE)
    assert (stays.stage, stays.stage_description) == (30, "Stage 30")
    assert [stays.completed, stays.probability] == [50, Decimal("22.5")]


def test_an_action_takes_the_stages_as_they_are_now() -> None:
    cycle = replace(FIVE, stages=(a_stage(10, 25, 20),))
    assert change_stage(begun(10), cycle, StageChange(Action.UPDATE), TODAY).opportunity.completed == 25


def test_each_action_adds_an_entry_and_closes_the_one_before() -> None:
    history = change_stage(History(NEW), FIVE, StageChange(Action.FIRST, date_of_change=date(2026, 10, 1)), TODAY)
    for action, to, on in (
        (Action.NEXT, None, date(2026, 10, 8)),
        (Action.UPDATE, None, date(2026, 10, 8)),
        (Action.SKIP, 30, date(2026, 10, 31)),
    ):
        history = change_stage(history, FIVE, StageChange(action, stage=to, date_of_change=on), TODAY)

    steps = [(e.entry_no, e.action, e.previous_stage, e.stage, e.active, e.days_open(TODAY)) for e in history.entries]
    assert steps == [
        (1, "First", 0, 10, False, 7),
        (2, "Next", 10, 20, False, 0),
        (3, "Update", 20, 20, False, 23),
        (4, "Skip", 20, 30, True, 2),
    ]
    assert [entry.date_closed for entry in history.entries] == [
        date(2026, 10, 8), date(2026, 10, 8), date(2026, 10, 31), None,
    ]  # fmt: skip
    last, now = history.entries[-1], history.opportunity
    for name in ("estimated_value", "chances_of_success", "completed", "probability", "calculated_current_value"):
        assert getattr(last, name) == getattr(now, name)


def test_an_entry_of_tomorrow_has_been_open_for_no_days() -> None:
    assert begun(10, TOMORROW).entries[-1].days_open(TODAY) == 0


def test_a_history_that_fills_its_row_is_at_its_end() -> None:
    history = begun(10)
    for _ in range(MOST_ENTRIES - 1):
        history = change_stage(history, FIVE, StageChange(Action.UPDATE), TODAY)
    with pytest.raises(Conflict, match="500 entries"):
        change_stage(history, FIVE, StageChange(Action.UPDATE), TODAY)
