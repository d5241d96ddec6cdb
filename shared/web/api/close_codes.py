"""Close opportunity codes: /api/close-opportunity-codes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.etags import check_match
from shared.paging import Place
from shared.sales.close_opportunity import CloseOpportunityCode, Result
from shared.sales.opportunity import Status
from shared.sales.party import NUMBER_RULE, is_number
from shared.web.context import IfMatch, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Number, PageShape, Shape, Text, problems

router = APIRouter(
    prefix="/close-opportunity-codes",
    tags=["Close opportunity codes"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)

Code = Annotated[Number, Path()]
RESULTS: dict[str, Result] = {"Won": Status.WON, "Lost": Status.LOST}


class NewCode(Shape):
    """A code to be written."""

    code: Text
    type: Literal["Won", "Lost"]
    description: Annotated[Text, Field(max_length=100)] = ""


class CodeShape(Shape):
    """A code: why opportunities are won, or lost."""

    code: str
    etag: str
    type: Literal["Won", "Lost"]
    description: str


class CodePage(PageShape):
    """Codes in order."""

    value: list[CodeShape]


@router.get("")
async def list_close_opportunity_codes(
    request: Request, world: World, query: Annotated[ListQuery, Query()]
) -> CodePage:
    """Codes in order."""
    start = start_of(request, query)
    codes = [code for code in await world.close_opportunity_codes.all() if start is None or _place(code) > start]
    shown = codes[: query.top]
    return CodePage(
        value=[CodeShape.of(code) for code in shown],
        next_link=next_link(request, _place(shown[-1]) if len(codes) > len(shown) else None),
    )


@router.post("", status_code=201, responses=problems(409, 413, 415, 422))
async def create_close_opportunity_code(request: Request, response: Response, world: World, code: NewCode) -> CodeShape:
    """A new code. 409 when it is there already."""
    if not is_number(code.code):
        raise Invalid("The code is not valid.", {"code": NUMBER_RULE})
    added = await world.close_opportunity_codes.add(
        CloseOpportunityCode(code.code, RESULTS[code.type], code.description)
    )
    response.headers["Location"] = address_of(request, "get_close_opportunity_code", code=added.code)
    return _with_etag(response, added)


@router.get("/{code}", responses=problems(404, 422))
async def get_close_opportunity_code(response: Response, world: World, code: Code) -> CodeShape:
    """One code."""
    return _with_etag(response, await world.close_opportunity_codes.get(code))


@router.delete("/{code}", status_code=204, responses=problems(404, 412, 422))
async def delete_close_opportunity_code(world: World, code: Code, if_match: IfMatch = None) -> None:
    """Deletes a code. Opportunities that were closed with it keep it."""
    found = await world.close_opportunity_codes.get(code)
    check_match(found, if_match)
    await world.close_opportunity_codes.remove(found)


def _with_etag(response: Response, code: CloseOpportunityCode) -> CodeShape:
    shape = CodeShape.of(code)
    response.headers["ETag"] = shape.etag
    return shape


def _place(code: CloseOpportunityCode) -> Place:
    return Place("codes", code.code.upper())
