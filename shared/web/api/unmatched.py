"""Addresses of held messages: /api/email-logging/unmatched."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from shared.jobs.list_unmatched import list_unmatched
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import PageShape, Shape, problems

router = APIRouter(
    prefix="/email-logging/unmatched",
    tags=["Email Logging"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)


class UnmatchedShape(Shape):
    """An address that nobody has, and in how many held messages it is."""

    address: str
    count: int


class UnmatchedPage(PageShape):
    """Addresses, most frequent first."""

    value: list[UnmatchedShape]


@router.get("")
async def list_unmatched_addresses(
    request: Request, world: World, query: Annotated[ListQuery, Query()]
) -> UnmatchedPage:
    """Whom to add to the directory, so that the most held messages come back."""
    page = await list_unmatched(world, start_of(request, query), query.top)
    return UnmatchedPage(value=[UnmatchedShape.of(one) for one in page.items], next_link=next_link(request, page.next))
