"""Sales cycles and their stages: /api/sales-cycles."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.jobs.keep_sales_cycles import add_sales_cycle, change_sales_cycle, remove_sales_cycle
from shared.paging import Place
from shared.sales.sales_cycle import ProbabilityCalculation, SalesCycle, Stage
from shared.web.context import IfMatch, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Flag, Number, PageShape, Percentage, Shape, Text, problems

router = APIRouter(
    prefix="/sales-cycles",
    tags=["Sales cycles"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)

Code = Annotated[Number, Path()]
type Name = Annotated[Text, Field(max_length=100)]


class NewStage(Shape):
    """A stage to be written. Percentages are 0 to 100; `dateFormula` is such as 14D, 2W or 1M+3D, or empty."""

    stage: Annotated[int, Field(ge=1, le=999_999, strict=True)]
    description: Name = ""
    completed: Percentage
    chances_of_success: Percentage
    allow_skip: Flag = False
    quote_required: Flag = False
    date_formula: Name = ""


class StageShape(Shape):
    """A stage."""

    stage: int
    description: str
    completed: float
    chances_of_success: float
    allow_skip: bool
    quote_required: bool
    date_formula: str


class NewSalesCycle(Shape):
    """A sales cycle to be written. Blocked means: no new opportunities."""

    code: Text = ""
    description: Name = ""
    probability_calculation: ProbabilityCalculation = ProbabilityCalculation.MULTIPLY
    blocked: Flag = False
    stages: list[NewStage]
    etag: str = ""
    """Not read: so that what GET gave can be sent back. To be checked, an etag goes into `If-Match`."""

    def noun(self, code: str) -> SalesCycle:
        """The product's noun."""
        return SalesCycle(
            code=code,
            description=self.description,
            probability_calculation=self.probability_calculation,
            stages=tuple(Stage(**stage.model_dump(by_alias=False)) for stage in self.stages),
            blocked=self.blocked,
        )


class SalesCycleShape(Shape):
    """A sales cycle, with its stages in order."""

    code: str
    etag: str
    description: str
    probability_calculation: ProbabilityCalculation
    blocked: bool
    stages: list[StageShape]


class SalesCyclePage(PageShape):
    """Sales cycles by code."""

    value: list[SalesCycleShape]


@router.get("")
async def list_sales_cycles(request: Request, world: World, query: Annotated[ListQuery, Query()]) -> SalesCyclePage:
    """Sales cycles by code."""
    start = start_of(request, query)
    cycles = [cycle for cycle in await world.sales_cycles.all() if start is None or _place(cycle) > start]
    shown = cycles[: query.top]
    return SalesCyclePage(
        value=[SalesCycleShape.of(cycle) for cycle in shown],
        next_link=next_link(request, _place(shown[-1]) if len(cycles) > len(shown) else None),
    )


@router.post("", status_code=201, responses=problems(409, 413, 415, 422))
async def create_sales_cycle(
    request: Request, response: Response, world: World, cycle: NewSalesCycle
) -> SalesCycleShape:
    """A new sales cycle. 409 when there is one with its code."""
    shape = _with_etag(response, await add_sales_cycle(world, cycle.noun(cycle.code)))
    response.headers["Location"] = address_of(request, "get_sales_cycle", code=shape.code)
    return shape


@router.get("/{code}", responses=problems(404, 422))
async def get_sales_cycle(response: Response, world: World, code: Code) -> SalesCycleShape:
    """One sales cycle."""
    return _with_etag(response, await world.sales_cycles.get(code))


@router.put("/{code}", responses=problems(404, 409, 412, 413, 415, 422))
async def replace_sales_cycle(
    response: Response, world: World, code: Code, cycle: NewSalesCycle, if_match: IfMatch = None
) -> SalesCycleShape:
    """Changes a sales cycle. 409 when an open opportunity is in a stage that would go.

    Open opportunities keep what they have, and go by the new stages from their next action on.
    """
    if cycle.code and cycle.code.upper() != code.upper():
        raise Invalid("The sales cycle is not valid.", {"code": "A code cannot be changed."})
    return _with_etag(response, await change_sales_cycle(world, cycle.noun(code), if_match))


@router.delete("/{code}", status_code=204, responses=problems(404, 409, 412, 422))
async def delete_sales_cycle(world: World, code: Code, if_match: IfMatch = None) -> None:
    """Deletes a sales cycle. 409 while an open opportunity uses it, or it is the default one."""
    await remove_sales_cycle(world, code, if_match)


def _with_etag(response: Response, cycle: SalesCycle) -> SalesCycleShape:
    shape = SalesCycleShape.of(cycle)
    response.headers["ETag"] = shape.etag
    return shape


def _place(cycle: SalesCycle) -> Place:
    return Place("cycles", cycle.code.upper())
