"""An opportunity: what might be sold to a contact, by whom, for how much and how likely.

Amounts and percentages are decimals, as in Business Central: what is computed from them, and their sums, are exact.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """Not Started and In Progress are open; Won and Lost are closed."""

    NOT_STARTED = "Not Started"
    IN_PROGRESS = "In Progress"
    WON = "Won"
    LOST = "Lost"


CLOSED = frozenset({Status.WON, Status.LOST})


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
    estimated_value: Decimal = Decimal(0)
    chances_of_success: Decimal = Decimal(0)
    completed: Decimal = Decimal(0)
    probability: Decimal = Decimal(0)
    won_value: Decimal = Decimal(0)
    """What it was won for."""
    estimated_close_date: date | None = None
    date_closed: date | None = None
    close_opportunity_code: str = ""
    sales_quote_no: str = ""
    interaction_count: int = field(default=0, compare=False)
    """Entries of the interaction log that belong to it, without canceled ones. No part of the etag: nobody edits it."""
    etag: str = ""

    @property
    def is_open(self) -> bool:
        """Not Started or In Progress."""
        return self.status not in CLOSED

    @property
    def calculated_current_value(self) -> Decimal:
        """What it was won for, and before that the estimated value weighed with the probability."""
        return self.won_value if self.status is Status.WON else self.estimated_value * self.probability / 100


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Which opportunities to list. "" means: any."""

    status: str = ""
    contact_no: str = ""
    company_no: str = ""
    salesperson_code: str = ""
