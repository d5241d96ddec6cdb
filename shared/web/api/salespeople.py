"""Salespeople: /api/salespeople."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.jobs.import_directory import SALESPEOPLE
from shared.jobs.keep_directory import add_salesperson, change_salesperson, remove_salesperson
from shared.sales.party import Salesperson
from shared.web.api.jobs import JobShape, accept_import, import_route
from shared.web.api.people_shapes import CSV_BODY, AlternativeAddressShape, Email
from shared.web.context import IfMatch, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Flag, Number, PageShape, Shape, Text, problems

router = APIRouter(
    prefix="/salespeople",
    tags=["Salespeople"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)
imports = APIRouter(prefix="/salespeople", tags=["Salespeople"], route_class=import_route(Role.ADMIN))

Code = Annotated[Number, Path()]


class NewSalesperson(Shape):
    """A salesperson to be written. On PUT the address says the code."""

    code: Text = ""
    name: Text
    email: Email = ""
    alternative_addresses: list[AlternativeAddressShape] = Field(default_factory=list)
    blocked: Flag = False
    etag: str = ""
    """Not read: so that what GET gave can be sent back. To be checked, an etag goes into `If-Match`."""

    def noun(self, code: str) -> Salesperson:
        """The product's noun."""
        alternatives = tuple(one.noun() for one in self.alternative_addresses)
        return Salesperson(code, self.name, self.email, alternatives, self.blocked)


class SalespersonShape(Shape):
    """A salesperson."""

    code: str
    etag: str
    name: str
    email: str
    alternative_addresses: list[AlternativeAddressShape]
    blocked: bool


class SalespersonPage(PageShape):
    """Salespeople by code."""

    value: list[SalespersonShape]


@router.get("")
async def list_salespeople(request: Request, world: World, query: Annotated[ListQuery, Query()]) -> SalespersonPage:
    """Salespeople by code."""
    page = await world.directory.salespeople.page(start_of(request, query), query.top)
    return SalespersonPage(
        value=[SalespersonShape.of(one) for one in page.items], next_link=next_link(request, page.next)
    )


@router.post("", status_code=201, responses=problems(409, 413, 415, 422))
async def create_salesperson(
    request: Request, response: Response, world: World, salesperson: NewSalesperson
) -> SalespersonShape:
    """A new salesperson. 409 when the code or an address is taken; the detail names who has it."""
    added = await add_salesperson(world, salesperson.noun(salesperson.code))
    return _with_headers(request, response, added, is_new=True)


@router.get("/{code}", responses=problems(404, 422))
async def get_salesperson(request: Request, response: Response, world: World, code: Code) -> SalespersonShape:
    """One salesperson."""
    return _with_headers(request, response, await world.directory.salespeople.get(code))


@router.put("/{code}", responses=problems(404, 409, 412, 413, 415, 422))
async def replace_salesperson(
    request: Request,
    response: Response,
    world: World,
    code: Code,
    salesperson: NewSalesperson,
    if_match: IfMatch = None,
) -> SalespersonShape:
    """Changes a salesperson: what is left out becomes empty."""
    if salesperson.code and salesperson.code.upper() != code.upper():
        raise Invalid("The salesperson is not valid.", {"code": "A code cannot be changed."})
    return _with_headers(request, response, await change_salesperson(world, salesperson.noun(code), if_match))


@router.delete("/{code}", status_code=204, responses=problems(404, 409, 412, 422))
async def delete_salesperson(world: World, code: Code, if_match: IfMatch = None) -> None:
    """Deletes a salesperson. 409 while the log or an opportunity needs them."""
    await remove_salesperson(world, code, if_match)


@imports.post(
    "/import", status_code=202, openapi_extra=CSV_BODY, responses=problems(413, 415, 422), name="import_salespeople"
)
async def import_salespeople(request: Request, response: Response, world: World) -> JobShape:
    """Adds and changes salespeople from a CSV file (UTF-8, with a header row), in the background."""
    return await accept_import(request, response, world, SALESPEOPLE)


def _with_headers(
    request: Request, response: Response, salesperson: Salesperson, *, is_new: bool = False
) -> SalespersonShape:
    shape = SalespersonShape.of(salesperson)
    response.headers["ETag"] = shape.etag
    if is_new:
        response.headers["Location"] = address_of(request, "get_salesperson", code=salesperson.code)
    return shape
