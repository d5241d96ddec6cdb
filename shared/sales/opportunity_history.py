"""The history of an opportunity: its opportunity entries, of which the last one is active."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.errors import Conflict
from shared.sales.opportunity import Opportunity

MOST_ENTRIES = 500
"""They stand in one row of a table, which takes a megabyte."""


class Action(StrEnum):
    """What brought about an opportunity entry: Business Central's "Action Taken"."""

    FIRST = "First"
    NEXT = "Next"
    PREVIOUS = "Previous"
    SKIP = "Skip"
    JUMP = "Jump"
    UPDATE = "Update"
    WON = "Won"
    LOST = "Lost"


@dataclass(frozen=True, slots=True)
class OpportunityEntry:
    """A step in the history of an opportunity: what was done, and how the opportunity stood then."""

    entry_no: int
    action: Action
    date_of_change: date
    active: bool
    sales_cycle_code: str
    stage: int
    stage_description: str
    previous_stage: int
    estimated_value: Decimal
    chances_of_success: Decimal
    completed: Decimal
    probability: Decimal
    calculated_current_value: Decimal
    estimated_close_date: date | None
    date_closed: date | None = None
    """When the next entry took over. The last one of a closed opportunity has its own date."""
    close_opportunity_code: str = ""

    def days_open(self, today: date) -> int:
        """Days from its date of change until it was closed, and while it is not, until today."""
        return max(((self.date_closed or today) - self.date_of_change).days, 0)


@dataclass(frozen=True, slots=True)
class History:
    """An opportunity and how it came to be as it is: its entries, oldest first. The last one is active."""

    opportunity: Opportunity
    entries: tuple[OpportunityEntry, ...] = ()

    @property
    def active(self) -> OpportunityEntry | None:
        """The entry that the opportunity is in; None before the first stage."""
        return self.entries[-1] if self.entries else None

    def then(self, after: Opportunity, action: Action, on: date) -> "History":
        """The history after one more step. Raises Conflict when it is too long for a row of a table."""
        if len(self.entries) >= MOST_ENTRIES:
            raise Conflict(f"Opportunity {after.no} has {MOST_ENTRIES} entries, and can get no more.")
        closed = tuple(
            replace(entry, active=False, date_closed=on) if entry.active else entry for entry in self.entries
        )
        return History(after, (*closed, _entry(len(closed) + 1, action, on, self.opportunity.stage, after)))

    def corrected(self, after: Opportunity) -> "History":
        """The history when the estimates of an opportunity are put right, without a step: so are the active entry's."""
        active = self.active
        if active is None:
            return History(after)
        corrected = _entry(active.entry_no, active.action, active.date_of_change, active.previous_stage, after)
        return History(after, (*self.entries[:-1], corrected))


def _entry(entry_no: int, action: Action, on: date, previous_stage: int, after: Opportunity) -> OpportunityEntry:
    return OpportunityEntry(
        entry_no=entry_no,
        action=action,
        date_of_change=on,
        active=True,
        sales_cycle_code=after.sales_cycle_code,
        stage=after.stage,
        stage_description=after.stage_description,
        previous_stage=previous_stage,
        estimated_value=after.estimated_value,
        chances_of_success=after.chances_of_success,
        completed=after.completed,
        probability=after.probability,
        calculated_current_value=after.calculated_current_value,
        estimated_close_date=after.estimated_close_date,
        date_closed=after.date_closed,
        close_opportunity_code=after.close_opportunity_code,
    )
