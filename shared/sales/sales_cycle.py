"""Sales cycles: the stages that an opportunity passes, and how its probability is computed."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.sales import date_formula
from shared.sales.party import NUMBER_RULE, is_number

MOST_STAGES = 100


class ProbabilityCalculation(StrEnum):
    """How chances of success and completion make a probability."""

    MULTIPLY = "Multiply"
    ADD = "Add"
    CHANCES_OF_SUCCESS = "ChancesOfSuccess"
    COMPLETED = "Completed"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a sales cycle. Percentages are 0 to 100."""

    stage: int
    description: str
    completed: Decimal
    chances_of_success: Decimal
    allow_skip: bool = False
    quote_required: bool = False
    date_formula: str = ""


@dataclass(frozen=True, slots=True)
class SalesCycle:
    """Stages in order, by number; numbers may be left out. Blocked means: no new opportunities."""

    code: str
    description: str
    probability_calculation: ProbabilityCalculation
    stages: tuple[Stage, ...]
    blocked: bool = False
    etag: str = ""

    def stage(self, number: int) -> Stage | None:
        """The stage with this number."""
        return next((stage for stage in self.stages if stage.stage == number), None)

    def stage_after(self, number: int) -> Stage | None:
        """The next stage, also where the one with this number is gone; after 0 the first."""
        return next((stage for stage in self.stages if stage.stage > number), None)

    def stage_before(self, number: int) -> Stage | None:
        """The stage before, also where the one with this number is gone."""
        return next((stage for stage in reversed(self.stages) if stage.stage < number), None)


def probability(calculation: ProbabilityCalculation, chances: Decimal, completed: Decimal) -> Decimal:
    """Probability in percent (docs/rules.md, "Opportunities")."""
    match calculation:
        case ProbabilityCalculation.MULTIPLY:
            return chances * completed / 100
        case ProbabilityCalculation.ADD:
            return (chances + completed) / 2
        case ProbabilityCalculation.CHANCES_OF_SUCCESS:
            return chances
        case ProbabilityCalculation.COMPLETED:
            return completed


def faults_of(cycle: SalesCycle) -> dict[str, str]:
    """What is wrong with a sales cycle in itself, by field as the API names it."""
    faults: dict[str, str] = {}
    if not is_number(cycle.code):
        faults["code"] = NUMBER_RULE
    if not 1 <= len(cycle.stages) <= MOST_STAGES:
        faults["stages"] = f"Give 1 to {MOST_STAGES} stages."
    numbers = Counter(stage.stage for stage in cycle.stages)
    for index, stage in enumerate(cycle.stages):
        if numbers[stage.stage] > 1:
            faults[f"stages.{index}.stage"] = f"There are two stages {stage.stage}."
        if not date_formula.is_valid(stage.date_formula):
            faults[f"stages.{index}.dateFormula"] = f"{date_formula.RULE}."
    return faults


STANDARD = SalesCycle(
    code="STANDARD",
    description="Standard sales cycle",
    probability_calculation=ProbabilityCalculation.MULTIPLY,
    stages=(
        Stage(1, "Qualify", Decimal(5), Decimal(20), allow_skip=True, date_formula="1M"),
        Stage(2, "Understand the need", Decimal(20), Decimal(40), allow_skip=True, date_formula="1M"),
        Stage(3, "Propose", Decimal(50), Decimal(60), date_formula="2W"),
        Stage(4, "Quote", Decimal(70), Decimal(75), quote_required=True, date_formula="2W"),
        Stage(5, "Close", Decimal(95), Decimal(90), date_formula="1W"),
    ),
)
"""The cycle that comes with the app."""
