"""Opportunities: /api/opportunities."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from shared.etags import etag_of
from shared.jobs.ports import World as JobsWorld
from shared.jobs.read_interactions import names_in
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Day, Number, PageShape, Shape, problems

router = APIRouter(
    prefix="/opportunities",
    tags=["Opportunities"],
    route_class=guarded(read=Role.READ, write=Role.SALES),
    responses=problems(422),
)

type StatusName = Literal["Not Started", "In Progress", "Won", "Lost"]


class OpportunityQuery(ListQuery):
    """Which opportunities."""

    status: StatusName | None = None
    salesperson_code: str = ""
    contact_no: str = ""
    company_no: str = ""


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
    priority: Literal["Low", "Normal", "High"]
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


@router.get("")
async def list_opportunities(
    request: Request, world: World, query: Annotated[OpportunityQuery, Query()]
) -> OpportunityPage:
    """Opportunities by number."""
    wanted = OpportunityFilter(
        status=query.status or "",
        salesperson_code=query.salesperson_code,
        contact_no=query.contact_no,
        company_no=query.company_no,
    )
    page = await world.opportunities.page(wanted, start_of(request, query), query.top)
    return OpportunityPage(value=await opportunity_shapes(world, page.items), next_link=next_link(request, page.next))


@router.get("/{no}", responses=problems(404, 422))
async def get_opportunity(response: Response, world: World, no: Annotated[Number, Path()]) -> OpportunityShape:
    """One opportunity."""
    (shape,) = await opportunity_shapes(world, (await world.opportunities.get(no),))
    response.headers["ETag"] = shape.etag
    return shape


async def opportunity_shapes(world: JobsWorld, opportunities: tuple[Opportunity, ...]) -> list[OpportunityShape]:
    """Opportunities with the names that people have now."""
    names = await names_in(world, [number for one in opportunities for number in (one.contact_no, one.company_no)], ())
    return [
        OpportunityShape(
            no=one.no,
            etag=etag_of(one),
            description=one.description,
            contact_no=one.contact_no,
            contact_name=names.contacts.get(one.contact_no, ""),
            company_no=one.company_no,
            company_name=names.contacts.get(one.company_no, ""),
            salesperson_code=one.salesperson_code,
            sales_cycle_code=one.sales_cycle_code,
            stage=one.stage,
            stage_description=one.stage_description,
            status=one.status.value,
            priority=one.priority.value,
            creation_date=one.creation_date,
            estimated_value=one.estimated_value,
            chances_of_success=one.chances_of_success,
            completed=one.completed,
            probability=one.probability,
            calculated_current_value=one.calculated_current_value,
            estimated_close_date=one.estimated_close_date,
            date_closed=one.date_closed,
            close_opportunity_code=one.close_opportunity_code,
            sales_quote_no=one.sales_quote_no,
            interaction_count=one.interaction_count,
        )
        for one in opportunities
    ]
