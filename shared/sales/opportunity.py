"""An opportunity: what might be sold to a contact, by whom, for how much and how likely."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shared.sales.date_formula import after
from shared.sales.sales_cycle import SalesCycle, probability


class Status(StrEnum):
    """Not Started and In Progress are open; Won and Lost are closed."""

    NOT_STARTED = "Not Started"
    IN_PROGRESS = "In Progress"
    WON = "Won"
    LOST = "Lost"


class Priority(StrEnum):
    """How urgent it is to whoever works on it."""

    LOW = "Low"
    NORMAL = "Normal"
    HIGH = "High"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Amounts are in the setup's currency, percentages 0 to 100; `stage` is 0 before the first one."""

    no: str
    description: str
    contact_no: str
    company_no: str
    salesperson_code: str
    sales_cycle_code: str
    creation_date: date
    status: Status = Status.NOT_STARTED
    priority: Priority = Priority.NORMAL
    stage: int = 0
    stage_description: str = ""
    estimated_value: float = 0
    chances_of_success: float = 0
    completed: float = 0
    probability: float = 0
    estimated_close_date: date | None = None
    date_closed: date | None = None
    close_opportunity_code: str = ""
    sales_quote_no: str = ""
    interaction_count: int = 0
    etag: str = ""

    @property
    def calculated_current_value(self) -> float:
        """Estimated value weighed with the probability."""
        return self.estimated_value * self.probability / 100


def activate_first_stage(opportunity: Opportunity, cycle: SalesCycle, date_of_change: date) -> Opportunity:
    """Not Started becomes In Progress, in the first stage.

    A chance of success that is there is kept, 0 takes the stage's. The estimated close date becomes the date of
    change + the stage's formula where it is empty or equal to the date of change (docs/rules.md, "Opportunities").
    """
    first = cycle.stages[0]
    chances = opportunity.chances_of_success or first.chances_of_success
    close = opportunity.estimated_close_date
    return replace(
        opportunity,
        status=Status.IN_PROGRESS,
        stage=first.stage,
        stage_description=first.description,
        completed=first.completed,
        chances_of_success=chances,
        probability=probability(cycle.probability_calculation, chances, first.completed),
        estimated_close_date=after(first.date_formula, date_of_change) if close in (None, date_of_change) else close,
    )


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Which opportunities to list. "" means: any."""

    status: str = ""
    contact_no: str = ""
    company_no: str = ""
    salesperson_code: str = ""
