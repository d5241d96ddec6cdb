"""Background jobs: /api/jobs, and how a request becomes one."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from shared.jobs.import_directory import begin_import
from shared.jobs.ports import World as JobsWorld
from shared.sales.background_job import BackgroundJob, JobError
from shared.web.context import World
from shared.web.guard import GuardedRoute, guarded
from shared.web.identity import Role
from shared.web.shapes import Shape, problems

router = APIRouter(
    prefix="/jobs", tags=["Jobs"], route_class=guarded(read=Role.READ, write=None), responses=problems(404, 422)
)

_LARGEST_REQUEST = 100 * 1024 * 1024
"""Bytes. What Azure Functions lets through."""


class JobErrorShape(Shape):
    """What was wrong with a line; the header is line 1."""

    line: int
    message: str


class JobShape(Shape):
    """A job that goes on in the background. `errors` has the first thousand; `counts` counts all."""

    id: str
    kind: str
    state: Literal["Running", "Done", "Failed"]
    started_at: datetime
    done: int
    total: int
    counts: dict[str, int]
    errors: list[JobErrorShape]


@router.get("/{id}")
async def get_job(world: World, job_id: Annotated[str, Path(alias="id", pattern=r"^[0-9a-f]{32}$")]) -> JobShape:
    """How far a job has come, and what was wrong with which line."""
    return _shape(await world.background_jobs.get(job_id), await world.background_jobs.errors(job_id))


def import_route(role: Role) -> type[GuardedRoute]:
    """Routes that take a CSV file. One that is too large is told so by `read_file`, as other faults of a file."""
    return guarded(read=role, write=role, media_type="text/csv", largest_body=_LARGEST_REQUEST)


async def accept_import(request: Request, response: Response, world: JobsWorld, kind: str) -> JobShape:
    """Begins an import of the request's body. Raises Invalid when the file is wrong as a whole."""
    return accepted(request, response, await begin_import(world, kind, await request.body()))


def accepted(request: Request, response: Response, job: BackgroundJob) -> JobShape:
    """A job that has just begun, and where to ask how far it is."""
    response.headers["Location"] = str(request.url_for("get_job", id=job.id))
    return _shape(job, ())


def _shape(job: BackgroundJob, errors: tuple[JobError, ...]) -> JobShape:
    return JobShape.of(job, counts=dict(job.counts), errors=errors)
