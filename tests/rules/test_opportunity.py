"""Probability, value, the first stage of an opportunity, and the standard sales cycle."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.sales.date_formula import is_valid
from shared.sales.opportunity import Opportunity, Status, activate_first_stage
from shared.sales.sales_cycle import STANDARD, ProbabilityCalculation, SalesCycle, Stage, probability

TODAY = date(2026, 11, 2)
NEW = Opportunity("OP000001", "Malt and lamps", "CT000002", "CT000001", "AK", "SHORT", TODAY)
SHORT = SalesCycle(
    "SHORT",
    "Two steps",
    ProbabilityCalculation.ADD,
    (Stage(1, "Begin", 10, 30, date_formula="14D"), Stage(2, "End", 90, 80)),
)


@pytest.mark.parametrize(
    ("calculation", "chances", "completed", "percent"),
    [
        (ProbabilityCalculation.MULTIPLY, 40, 20, 8),
        (ProbabilityCalculation.MULTIPLY, 0, 20, 0),
        (ProbabilityCalculation.MULTIPLY, 100, 100, 100),
        (ProbabilityCalculation.ADD, 40, 20, 30),
        (ProbabilityCalculation.ADD, 35, 20, 27.5),
        (ProbabilityCalculation.CHANCES_OF_SUCCESS, 40, 20, 40),
        (ProbabilityCalculation.COMPLETED, 40, 20, 20),
    ],
)
def test_a_cycle_says_how_chances_and_completion_make_a_probability(
    calculation: ProbabilityCalculation, chances: float, completed: float, percent: float
) -> None:
    assert probability(calculation, chances, completed) == percent


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, (30, 20, date(2026, 11, 16)), id="nothing was given"),
        pytest.param({"chances_of_success": 50}, (50, 30, date(2026, 11, 16)), id="a chance that is there stays"),
        pytest.param(
            {"estimated_close_date": TODAY}, (30, 20, date(2026, 11, 16)), id="the date of change is no estimate"
        ),
        pytest.param(
            {"estimated_close_date": date(2026, 12, 24)}, (30, 20, date(2026, 12, 24)), id="another date stays"
        ),
    ],
)
def test_the_first_stage_fills_in_what_nobody_gave(before: dict[str, Any], after: tuple[float, float, date]) -> None:
    begun = activate_first_stage(replace(NEW, **before), SHORT, TODAY)
    assert (begun.chances_of_success, begun.probability, begun.estimated_close_date) == after
    assert (begun.status, begun.stage, begun.stage_description, begun.completed) == (Status.IN_PROGRESS, 1, "Begin", 10)


def test_the_first_stage_changes_nothing_else() -> None:
    begun = activate_first_stage(replace(NEW, estimated_value=500), SHORT, TODAY)
    changed = {"status", "stage", "stage_description", "completed", "chances_of_success", "probability"}
    back = {name: getattr(NEW, name) for name in changed | {"estimated_close_date"}}
    assert replace(begun, **back) == replace(NEW, estimated_value=500)


@pytest.mark.parametrize(("value", "percent", "current"), [(1000, 8, 80), (0, 50, 0), (250, 100, 250), (99, 0, 0)])
def test_the_current_value_is_the_estimate_weighed_with_the_probability(
    value: float, percent: float, current: float
) -> None:
    assert replace(NEW, estimated_value=value, probability=percent).calculated_current_value == current


def test_the_standard_cycle_is_in_order() -> None:
    stages = STANDARD.stages
    assert [stage.stage for stage in stages] == [1, 2, 3, 4, 5]
    for name in ("completed", "chances_of_success"):
        percents = [getattr(stage, name) for stage in stages]
        assert percents == sorted(percents)
        assert all(0 < percent <= 100 for percent in percents)
    assert all(stage.description and stage.date_formula and is_valid(stage.date_formula) for stage in stages)
