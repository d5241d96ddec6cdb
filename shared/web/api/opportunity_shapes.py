"""Opportunities as the API shows them, and as it takes them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from shared.jobs.add_opportunity import NewOpportunity
from shared.jobs.change_opportunity import OpportunityChanges
from shared.jobs.ports import World
from shared.jobs.read_interactions import names_in
from shared.sales.change_stage import StageChange
from shared.sales.opportunity import Opportunity, Priority
from shared.sales.opportunity_history import Action
from shared.web.shapes import Amount, Day, Number, PageShape, Percentage, Shape, Text

type StatusName = Literal["Not Started", "In Progress", "Won", "Lost"]
type PriorityName = Literal["Low", "Normal", "High"]
type ActionName = Literal["First", "Next", "Previous", "Skip", "Jump", "Update"]
type Description = Annotated[Text, Field(min_length=1)]


class OpportunityShape(Shape):
    """An opportunity. Amounts are in the setup's currency, percentages 0 to 100."""

    no: str
    etag: str
    description: str
    contact_no: str
    contact_name: str
    company_no: str
    company_name: str
    salesperson_code: str
    sales_cycle_code: str
    stage: int
    stage_description: str
    status: StatusName
    priority: PriorityName
    creation_date: Day
    estimated_value: float
    chances_of_success: float
    completed: float
    probability: float
    calculated_current_value: float
    estimated_close_date: Day | None
    date_closed: Day | None
    close_opportunity_code: str
    sales_quote_no: str
    interaction_count: int


class OpportunityPage(PageShape):
    """Opportunities by number."""

    value: list[OpportunityShape]


class OpportunityEntryShape(Shape):
    """A step in the history: what was done, and the numbers as they were then. One entry is active."""

    entry_no: int
    etag: str
    action: Literal["First", "Next", "Previous", "Skip", "Jump", "Update", "Won", "Lost"]
    active: bool
    sales_cycle_code: str
    stage: int
    stage_description: str
    previous_stage: int
    date_of_change: Day
    date_closed: Day | None
    """When the next entry took over; of the last one, when the opportunity was closed."""
    days_open: int
    """To that date, and while there is none, to today."""
    estimated_value: float
    chances_of_success: float
    completed: float
    probability: float
    calculated_current_value: float
    estimated_close_date: Day | None
    close_opportunity_code: str


class OpportunityEntryPage(PageShape):
    """Opportunity entries, newest first."""

    value: list[OpportunityEntryShape]


class OpportunityCommentShape(Shape):
    """A remark that came with the entry that the opportunity was made from."""

    comment: str
    created_at: datetime
    created_by: str


class OpportunityComments(PageShape):
    """Remarks, oldest first."""

    value: list[OpportunityCommentShape]


class NewOpportunityShape(Shape):
    """An opportunity to be made. Without a sales cycle it gets the default one."""

    description: Description
    contact_no: Number
    salesperson_code: Number
    sales_cycle_code: Number | None = None
    priority: PriorityName = "Normal"
    estimated_value: Amount = Decimal(0)
    sales_quote_no: Text = ""

    def noun(self) -> NewOpportunity:
        """What the job takes."""
        given = self.model_dump(by_alias=False, exclude={"priority"})
        return NewOpportunity(**given, priority=Priority(self.priority))


class OpportunityChangesShape(Shape):
    """What is to be different. What is left out stays; a date that is null is taken away."""

    description: Description = ""
    contact_no: Number = ""
    salesperson_code: Number = ""
    sales_cycle_code: Number = ""
    priority: PriorityName = "Normal"
    estimated_value: Amount = Decimal(0)
    estimated_close_date: Day | None = None
    sales_quote_no: Text = ""

    def noun(self) -> OpportunityChanges:
        """What the job takes."""
        changes: OpportunityChanges = self.model_dump(by_alias=False, exclude_unset=True)  # type: ignore[assignment]
        if "priority" in changes:
            changes["priority"] = Priority(changes["priority"])
        return changes


class StageChangeShape(Shape):
    """An action on an open opportunity. `stage` names where Skip and Jump lead."""

    action: ActionName
    stage: Annotated[int, Field(ge=0, le=999_999, strict=True)] | None = None
    date_of_change: Day | None = None
    estimated_value: Amount | None = None
    chances_of_success: Percentage | None = None
    estimated_close_date: Day | None = None

    def noun(self) -> StageChange:
        """What the rule takes."""
        return StageChange(**self.model_dump(by_alias=False, exclude={"action"}), action=Action(self.action))


class ClosingShape(Shape):
    """Won or Lost, and why. `value` counts for Won; without it the estimated value does."""

    result: Literal["Won", "Lost"]
    close_opportunity_code: Number
    date_closed: Day | None = None
    value: Amount | None = None


async def opportunity_shapes(world: World, opportunities: tuple[Opportunity, ...]) -> list[OpportunityShape]:
    """Opportunities with the names that people have now."""
    names = await names_in(world, [number for one in opportunities for number in (one.contact_no, one.company_no)], ())
    return [
        OpportunityShape.of(
            one,
            contact_name=names.contacts.get(one.contact_no, ""),
            company_name=names.contacts.get(one.company_no, ""),
        )
        for one in opportunities
    ]
