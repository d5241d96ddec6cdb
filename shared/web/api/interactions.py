"""Interaction log entries: /api/interactions."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.read_interactions import (
    open_message,
    read_interaction,
    read_interactions,
    show_message,
)
from shared.sales.interaction import InteractionFilter
from shared.web.api.interaction_shapes import (
    CommentShape,
    EntryId,
    InteractionPage,
    InteractionWithComments,
    MessageContentShape,
    interaction_shapes,
)
from shared.web.api.opportunity_shapes import OpportunityShape, opportunity_shapes
from shared.web.context import IfMatch, World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Amount, Day, Flag, Percentage, Shape, Text, problems

router = APIRouter(
    prefix="/interactions",
    tags=["Interactions"],
    route_class=guarded(read=Role.READ, write=Role.SALES),
    responses=problems(422),
)


class InteractionQuery(ListQuery):
    """Which entries. Dates are in the setup's time zone, both included."""

    contact_no: str = ""
    company_no: str = ""
    salesperson_code: str = ""
    opportunity_no: str = ""
    conversation_id: str = ""
    information_flow: Literal["Inbound", "Outbound"] | None = None
    from_date: Day | None = None
    to_date: Day | None = None
    canceled: bool = False
    has_opportunity: bool | None = None


class OpportunityWishShape(Shape):
    """What may be said about the new opportunity."""

    description: Annotated[Text, Field(min_length=1)] | None = None
    sales_cycle_code: Text | None = None
    activate_first_stage: Flag = False
    estimated_value: Amount = Decimal(0)
    chances_of_success: Percentage = Decimal(0)
    estimated_close_date: Day | None = None


@router.get("")
async def list_interactions(
    request: Request, world: World, query: Annotated[InteractionQuery, Query()]
) -> InteractionPage:
    """Entries of the log, newest first."""
    setup = await world.setups.get()
    wanted = interaction_filter(query)
    page = await read_interactions(world, wanted, start_of(request, query), query.top, setup)
    return InteractionPage(
        value=await interaction_shapes(request, world, page.items, setup), next_link=next_link(request, page.next)
    )


@router.get("/{id}", responses=problems(404, 422))
async def get_interaction(
    request: Request, response: Response, world: World, entry_id: EntryId
) -> InteractionWithComments:
    """One entry with its comments."""
    entry, comments = await read_interaction(world, entry_id)
    (shape,) = await interaction_shapes(request, world, (entry,), await world.setups.get())
    response.headers["ETag"] = shape.etag
    return InteractionWithComments(**shape.model_dump(), comments=[CommentShape.of(comment) for comment in comments])


@router.get("/{id}/message", responses=problems(404, 422))
async def get_message(world: World, entry_id: EntryId) -> MessageContentShape:
    """The message of an entry, read live from the mailbox. 404 when it is in no folder any more."""
    return MessageContentShape.of(await show_message(world, entry_id))


@router.get(
    "/{id}/open",
    status_code=302,
    response_class=RedirectResponse,
    responses={302: {"description": "To a fresh link that opens the message in Outlook."}, **problems(404, 422)},
)
async def open_interaction(world: World, entry_id: EntryId) -> RedirectResponse:
    """Opens the original message in Outlook on the web, also after it was moved to another folder."""
    return RedirectResponse(await open_message(world, entry_id), 302, {"Cache-Control": "no-store"})


@router.post("/{id}/opportunity", status_code=201, responses=problems(404, 409, 412, 413, 415, 422))
async def create_opportunity_from_entry(
    request: Request,
    response: Response,
    world: World,
    entry_id: EntryId,
    wish: OpportunityWishShape | None = None,
    if_match: IfMatch = None,
) -> OpportunityShape:
    """Create Opportunity. 409 when the entry is canceled, or belongs to an opportunity already."""
    asked = OpportunityWish(**(wish or OpportunityWishShape()).model_dump(by_alias=False))
    opportunity = await create_opportunity(world, entry_id, asked, if_match)
    (shape,) = await opportunity_shapes(world, (opportunity,))
    response.headers["Location"] = str(request.url_for("get_opportunity", no=opportunity.no))
    response.headers["ETag"] = shape.etag
    return shape


def interaction_filter(query: InteractionQuery) -> InteractionFilter:
    """The filter that a query asks for."""
    given = query.model_dump(by_alias=False, exclude={"top", "cursor", "information_flow"})
    return InteractionFilter(**given, information_flow=query.information_flow or "")
