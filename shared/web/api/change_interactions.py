"""What people change in interaction log entries: /api/interactions/{id}."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from shared.etags import etag_of
from shared.jobs.attach_interactions import attach_interaction, detach_interaction
from shared.jobs.change_interaction import InteractionChange, add_comment, change_interaction
from shared.jobs.ports import World as JobsWorld
from shared.sales.interaction import Interaction
from shared.web.api.interaction_shapes import CommentShape, EntryId, InteractionShape, interaction_shapes
from shared.web.context import IfMatch, SignedIn, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.shapes import Flag, Number, Remark, Shape, problems

router = APIRouter(
    prefix="/interactions",
    tags=["Interactions"],
    route_class=guarded(read=Role.READ, write=Role.SALES),
    responses=problems(404, 412, 413, 415, 422),
)


class InteractionChangeShape(Shape):
    """What is to be different; what is left out stays as it is."""

    evaluation: Literal["", "Very Positive", "Positive", "Neutral", "Negative", "Very Negative"] = ""
    canceled: Flag = False


class NewCommentShape(Shape):
    """A remark to be added."""

    comment: Remark


class OpportunityLinkShape(Shape):
    """An open opportunity, and whether the whole conversation belongs to it."""

    opportunity_no: Number
    conversation: Flag = False


class DetachQuery(Shape):
    """Whether the whole conversation is detached."""

    conversation: bool = False


@router.patch("/{id}")
async def patch_interaction(
    request: Request,
    response: Response,
    world: World,
    entry_id: EntryId,
    change: InteractionChangeShape,
    if_match: IfMatch = None,
) -> InteractionShape:
    """Evaluates an entry, cancels it, or reinstates it. A canceled one is in no list that is not asked for it."""
    asked = InteractionChange(**change.model_dump(by_alias=False, exclude_unset=True))
    entry = await change_interaction(world, entry_id, asked, if_match)
    return await _shown(request, response, world, entry)


@router.post(
    "/{id}/comments",
    status_code=201,
    responses={
        201: {"description": "The comment. `Location` is the entry, which shows it; `ETag` is the entry's, too."},
        **problems(404, 412, 413, 415, 422),
    },
)
async def post_comment(
    request: Request,
    response: Response,
    world: World,
    person: SignedIn,
    entry_id: EntryId,
    comment: NewCommentShape,
    if_match: IfMatch = None,
) -> CommentShape:
    """Adds a comment to an entry, in the name of who is signed in."""
    entry, added = await add_comment(world, entry_id, comment.comment, person.name, if_match)
    response.headers["Location"] = address_of(request, "get_interaction", id=entry.id)
    response.headers["ETag"] = etag_of(entry)
    return CommentShape.of(added)


@router.put("/{id}/opportunity", responses=problems(409))
async def attach_to_opportunity(
    request: Request,
    response: Response,
    world: World,
    entry_id: EntryId,
    link: OpportunityLinkShape,
    if_match: IfMatch = None,
) -> InteractionShape:
    """Attaches an entry to an open opportunity, and with `conversation` its whole conversation.

    Later messages of the conversation then follow it while the opportunity is open. Entries of the conversation that
    are canceled or belong to another opportunity stay as they are.
    """
    entry = await attach_interaction(world, entry_id, link.opportunity_no, link.conversation, if_match)
    return await _shown(request, response, world, entry)


@router.delete("/{id}/opportunity")
async def detach_from_opportunity(
    request: Request,
    response: Response,
    world: World,
    entry_id: EntryId,
    query: Annotated[DetachQuery, Query()],
    if_match: IfMatch = None,
) -> InteractionShape:
    """Detaches an entry from its opportunity, and with `conversation=true` all of its conversation.

    After an entry alone was detached, later messages of its conversation still follow the others.
    """
    entry = await detach_interaction(world, entry_id, query.conversation, if_match)
    return await _shown(request, response, world, entry)


async def _shown(request: Request, response: Response, world: JobsWorld, entry: Interaction) -> InteractionShape:
    """An entry that was changed, with its new entity tag."""
    (shape,) = await interaction_shapes(request, world, (entry,), await world.setups.get())
    response.headers["ETag"] = shape.etag
    return shape
