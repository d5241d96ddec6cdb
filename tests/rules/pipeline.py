"""A sales cycle with every kind of stage, and an opportunity somewhere in it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from shared.sales.change_stage import StageChange, change_stage
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import Action, History
from shared.sales.sales_cycle import ProbabilityCalculation, SalesCycle, Stage

TODAY = date(2026, 11, 2)
NEW = Opportunity("OP000001", "Malt and lamps", "CT000002", "CT000001", "AK", "FIVE", TODAY)


def a_stage(number: int, completed: int, chances: int, **more: Any) -> Stage:
    return Stage(number, f"Stage {number}", Decimal(completed), Decimal(chances), **more)


FIVE = SalesCycle(
    "FIVE",
    "Five stages, whose numbers leave room",
    ProbabilityCalculation.MULTIPLY,
    (
        a_stage(10, 10, 20, date_formula="14D"),
        a_stage(20, 30, 40, allow_skip=True, date_formula="1M+3D"),
        a_stage(30, 50, 60, allow_skip=True),
        a_stage(40, 70, 80, quote_required=True, date_formula="2W"),
        a_stage(50, 90, 0, date_formula="1W"),
    ),
)


def begun(stage: int = 10, on: date = TODAY, **fields: Any) -> History:
    """In progress, in this stage since that day, as First found it; `fields` are what it has besides."""
    history = change_stage(History(NEW), FIVE, StageChange(Action.FIRST), on)
    inside = FIVE.stage(stage) or FIVE.stages[0]
    return history.corrected(
        replace(
            history.opportunity,
            stage=inside.stage,
            stage_description=inside.description,
            completed=inside.completed,
            **fields,
        )
    )
