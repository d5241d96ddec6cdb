"""Opportunities: /api/opportunities."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from shared.jobs.add_opportunity import add_opportunity
from shared.jobs.change_opportunity import close, correct, move
from shared.jobs.ports import World as JobsWorld
from shared.jobs.remove_opportunity import remove_opportunity
from shared.paging import Place
from shared.sales.close_opportunity import Closing
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.web.api.close_codes import RESULTS
from shared.web.api.opportunity_shapes import (
    ClosingShape,
    NewOpportunityShape,
    OpportunityChangesShape,
    OpportunityComments,
    OpportunityCommentShape,
    OpportunityEntryPage,
    OpportunityEntryShape,
    OpportunityPage,
    OpportunityShape,
    StageChangeShape,
    StatusName,
    opportunity_shapes,
)
from shared.web.context import IfMatch, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Number, problems

router = APIRouter(
    prefix="/opportunities",
    tags=["Opportunities"],
    route_class=guarded(read=Role.READ, write=Role.SALES),
    responses=problems(422),
)

No = Annotated[Number, Path()]
_CHANGE = problems(404, 409, 412, 413, 415, 422)


class OpportunityQuery(ListQuery):
    """Which opportunities."""

    status: StatusName | None = None
    salesperson_code: str = ""
    contact_no: str = ""
    company_no: str = ""


@router.get("")
async def list_opportunities(
    request: Request, world: World, query: Annotated[OpportunityQuery, Query()]
) -> OpportunityPage:
    """Opportunities by number."""
    given = query.model_dump(by_alias=False, exclude={"top", "cursor", "status"})
    wanted = OpportunityFilter(**given, status=query.status or "")
    page = await world.opportunities.page(wanted, start_of(request, query), query.top)
    return OpportunityPage(value=await opportunity_shapes(world, page.items), next_link=next_link(request, page.next))


@router.post("", status_code=201, responses=problems(409, 413, 415, 422))
async def create_opportunity(
    request: Request, response: Response, world: World, opportunity: NewOpportunityShape
) -> OpportunityShape:
    """A new opportunity, under the next number. 409 when the contact, the salesperson or the sales cycle is blocked."""
    made = await add_opportunity(world, opportunity.noun())
    response.headers["Location"] = address_of(request, "get_opportunity", no=made.no)
    return await _shape(response, world, made)


@router.get("/{no}", responses=problems(404, 422))
async def get_opportunity(response: Response, world: World, no: No) -> OpportunityShape:
    """One opportunity."""
    return await _shape(response, world, await world.opportunities.get(no))


@router.patch("/{no}", responses=_CHANGE)
async def correct_opportunity(
    response: Response, world: World, no: No, changes: OpportunityChangesShape, if_match: IfMatch = None
) -> OpportunityShape:
    """Corrects an open opportunity, and with it the estimates of its active entry.

    To keep the estimates that were there in the history, use the action Update.
    """
    return await _shape(response, world, await correct(world, no, changes.noun(), if_match))


@router.delete("/{no}", status_code=204, responses=problems(404, 409, 412, 422))
async def delete_opportunity(world: World, no: No, if_match: IfMatch = None) -> None:
    """Deletes an opportunity that is not in progress. Its entries of the interaction log stay, and lose the number."""
    await remove_opportunity(world, no, if_match)


@router.get("/{no}/entries", responses=problems(404, 422))
async def list_opportunity_entries(
    request: Request, world: World, no: No, query: Annotated[ListQuery, Query()]
) -> OpportunityEntryPage:
    """How it came to be as it is: its opportunity entries, newest first."""
    start = start_of(request, query)
    today = (await world.setups.get()).local_date(world.clock())
    entries = (await world.opportunities.read(no)).entries
    before = int(start.row_key) if start else len(entries) + 1
    rest = [entry for entry in reversed(entries) if entry.entry_no < before]
    shown = rest[: query.top]
    place = Place("", str(shown[-1].entry_no)) if len(rest) > len(shown) else None
    return OpportunityEntryPage(
        value=[OpportunityEntryShape.of(entry, days_open=entry.days_open(today)) for entry in shown],
        next_link=next_link(request, place),
    )


@router.get("/{no}/comments", responses=problems(404, 422))
async def list_opportunity_comments(world: World, no: No) -> OpportunityComments:
    """The remarks on the entry that it was made from, as they were then, oldest first."""
    await world.opportunities.get(no)
    comments = await world.opportunities.comments(no)
    return OpportunityComments(value=[OpportunityCommentShape.of(comment) for comment in comments])


@router.post("/{no}/stage", responses=_CHANGE)
async def change_stage_of_opportunity(
    response: Response, world: World, no: No, change: StageChangeShape, if_match: IfMatch = None
) -> OpportunityShape:
    """First, Next, Previous, Skip, Jump or Update. 409 when the state of the opportunity does not allow it."""
    return await _shape(response, world, await move(world, no, change.noun(), if_match))


@router.post("/{no}/close", responses=_CHANGE)
async def close_opportunity(
    response: Response, world: World, no: No, closing: ClosingShape, if_match: IfMatch = None
) -> OpportunityShape:
    """Closes it as Won or Lost, with a close opportunity code of that type."""
    asked = Closing(RESULTS[closing.result], closing.date_closed, closing.value)
    return await _shape(response, world, await close(world, no, asked, closing.close_opportunity_code, if_match))


async def _shape(response: Response, world: JobsWorld, opportunity: Opportunity) -> OpportunityShape:
    (shape,) = await opportunity_shapes(world, (opportunity,))
    response.headers["ETag"] = shape.etag
    return shape
