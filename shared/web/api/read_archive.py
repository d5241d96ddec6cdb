"""Reading Archive back: /api/email-logging/read-archive."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shared.jobs.read_archive import begin_reading_archive
from shared.mail.address import normalised
from shared.web.api.jobs import JobShape, accepted
from shared.web.api.people_shapes import Email
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.shapes import Day, Shape, problems

router = APIRouter(
    prefix="/email-logging/read-archive",
    tags=["Email Logging"],
    route_class=guarded(read=Role.ADMIN, write=Role.ADMIN),
    responses=problems(409, 413, 415, 422),
)


class ArchiveWish(Shape):
    """Which messages to read back: of one mailbox of the setup, all or from a day on (in the setup's time zone)."""

    mailbox: Email
    from_date: Day | None = None


@router.post("", status_code=202)
async def read_archive_back(request: Request, response: Response, world: World, wish: ArchiveWish) -> JobShape:
    """Logs messages that were in Archive before logging was enabled, in the background.

    Those that are not logged leave Archive, as all messages do. 409 while logging is disabled, or while the mailbox's
    Archive is being read already.
    """
    job = await begin_reading_archive(world, normalised(wish.mailbox), wish.from_date)
    return accepted(request, response, job)
