"""Sales cycles: the stages that an opportunity passes, and how its probability is computed."""

from dataclasses import dataclass
from enum import StrEnum


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
    completed: float
    chances_of_success: float
    allow_skip: bool = False
    quote_required: bool = False
    date_formula: str = ""


@dataclass(frozen=True, slots=True)
class SalesCycle:
    """Stages in order, by number."""

    code: str
    description: str
    probability_calculation: ProbabilityCalculation
    stages: tuple[Stage, ...]
    blocked: bool = False


def probability(calculation: ProbabilityCalculation, chances: float, completed: float) -> float:
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


STANDARD = SalesCycle(
    code="STANDARD",
    description="Standard sales cycle",
    probability_calculation=ProbabilityCalculation.MULTIPLY,
    stages=(
        Stage(1, "Qualify", completed=5, chances_of_success=20, allow_skip=True, date_formula="1M"),
        Stage(2, "Understand the need", completed=20, chances_of_success=40, allow_skip=True, date_formula="1M"),
        Stage(3, "Propose", completed=50, chances_of_success=60, date_formula="2W"),
        Stage(4, "Quote", completed=70, chances_of_success=75, quote_required=True, date_formula="2W"),
        Stage(5, "Close", completed=95, chances_of_success=90, date_formula="1W"),
    ),
)
"""The cycle that comes with the app and is used where no other is named."""
