"""Opportunities: /api/opportunities."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

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
    given = query.model_dump(by_alias=False, exclude={"top", "cursor", "status"})
    wanted = OpportunityFilter(**given, status=query.status or "")
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
        OpportunityShape.of(
            one,
            contact_name=names.contacts.get(one.contact_no, ""),
            company_name=names.contacts.get(one.company_no, ""),
        )
        for one in opportunities
    ]
