"""Sales cycles: how likely an opportunity is, what is wrong with a cycle, and the one that comes with the app."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.sales.date_formula import is_valid
from shared.sales.opportunity import Status
from shared.sales.sales_cycle import MOST_STAGES, STANDARD, ProbabilityCalculation, faults_of, probability
from tests.rules.pipeline import FIVE, NEW, a_stage


@pytest.mark.parametrize(
    ("calculation", "chances", "completed", "percent"),
    [
        (ProbabilityCalculation.MULTIPLY, "40", "20", "8"),
        (ProbabilityCalculation.MULTIPLY, "0", "20", "0"),
        (ProbabilityCalculation.MULTIPLY, "100", "100", "100"),
        (ProbabilityCalculation.MULTIPLY, "0.1", "0.2", "0.0002"),
        (ProbabilityCalculation.ADD, "40", "20", "30"),
        (ProbabilityCalculation.ADD, "35", "20", "27.5"),
        (ProbabilityCalculation.ADD, "0.1", "0.2", "0.15"),
        (ProbabilityCalculation.CHANCES_OF_SUCCESS, "40", "20", "40"),
        (ProbabilityCalculation.COMPLETED, "40", "20", "20"),
    ],
)
def test_a_cycle_says_how_chances_and_completion_make_a_probability(
    calculation: ProbabilityCalculation, chances: str, completed: str, percent: str
) -> None:
    assert probability(calculation, Decimal(chances), Decimal(completed)) == Decimal(percent)


@pytest.mark.parametrize(
    ("status", "value", "percent", "current"),
    [
        (Status.IN_PROGRESS, "1000", "8", "80"),
        (Status.IN_PROGRESS, "0", "50", "0"),
        (Status.IN_PROGRESS, "250", "100", "250"),
        (Status.NOT_STARTED, "99", "0", "0"),
        (Status.IN_PROGRESS, "1000.1", "33", "330.033"),
        (Status.LOST, "1000", "0", "0"),
        (Status.WON, "1000", "100", "7"),
    ],
)
def test_the_current_value_is_the_estimate_weighed_with_the_probability_or_what_it_was_won_for(
    status: Status, value: str, percent: str, current: str
) -> None:
    opportunity = replace(
        NEW, status=status, estimated_value=Decimal(value), probability=Decimal(percent), won_value=Decimal(7)
    )
    assert opportunity.calculated_current_value == Decimal(current)


def test_the_standard_cycle_is_in_order() -> None:
    assert faults_of(STANDARD) == {}
    assert [stage.stage for stage in STANDARD.stages] == [1, 2, 3, 4, 5]
    for name in ("completed", "chances_of_success"):
        percents = [getattr(stage, name) for stage in STANDARD.stages]
        assert percents == sorted(percents)
        assert all(0 < percent <= 100 for percent in percents)
    assert all(stage.description and stage.date_formula and is_valid(stage.date_formula) for stage in STANDARD.stages)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"code": ""}, ["code"]),
        ({"code": "a/b"}, ["code"]),
        ({"stages": ()}, ["stages"]),
        ({"stages": tuple(a_stage(n, 1, 1) for n in range(1, MOST_STAGES + 1))}, []),
        ({"stages": tuple(a_stage(n, 1, 1) for n in range(1, MOST_STAGES + 2))}, ["stages"]),
        ({"stages": (a_stage(1, 1, 1), a_stage(2, 1, 1), a_stage(1, 1, 1))}, ["stages.0.stage", "stages.2.stage"]),
        ({"stages": (a_stage(1, 1, 1, date_formula="soon"),)}, ["stages.0.dateFormula"]),
        ({"stages": (a_stage(1, 1, 1), a_stage(2, 1, 1, date_formula="9999Y"))}, ["stages.1.dateFormula"]),
    ],
)
def test_what_is_wrong_with_a_cycle_is_said_for_its_field(changes: dict[str, Any], fields: list[str]) -> None:
    assert list(faults_of(replace(FIVE, **changes))) == fields


@pytest.mark.parametrize(
    ("number", "before", "after"), [(0, 0, 10), (10, 0, 20), (25, 20, 30), (50, 40, 0), (60, 50, 0), (5, 0, 10)]
)
def test_the_neighbours_of_a_stage_are_found_also_where_it_is_gone(number: int, before: int, after: int) -> None:
    earlier, later = FIVE.stage_before(number), FIVE.stage_after(number)
    assert (earlier.stage if earlier else 0, later.stage if later else 0) == (before, after)
