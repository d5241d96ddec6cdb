"""Email Logging itself: /api/email-logging."""

from collections import Counter
from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from shared.jobs.change_setup import change_setup, disable, enable
from shared.jobs.read_status import count_waiting, read_status
from shared.jobs.run_email_logging import run_now
from shared.mail.address import normalised
from shared.mail.outcome import NotLoggedAction, Outcome
from shared.mail.setup import EmailLoggingSetup
from shared.sales.sales_cycle import STANDARD
from shared.web.api.people_shapes import Email
from shared.web.context import IfMatch, World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Flag, Number, PageShape, Shape, Text, problems

router = APIRouter(
    prefix="/email-logging",
    tags=["Email Logging"],
    route_class=guarded(read=Role.ADMIN, write=Role.ADMIN),
    responses=problems(),
)
readable = APIRouter(
    prefix="/email-logging",
    tags=["Email Logging"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(),
)


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("There is no such time zone; write it as in Atlantic/Reykjavik")
    return name


class SetupWish(Shape):
    """What the administrator decides. What is left out becomes its default."""

    mailboxes: Annotated[list[Email], Field(default_factory=list, max_length=100)]
    client_id: Text = ""
    run_every_minutes: Annotated[int, Field(ge=1, le=1440, strict=True)] = 1
    batch_size: Annotated[int, Field(ge=1, le=1000, strict=True)] = 200
    messages_not_logged: NotLoggedAction = NotLoggedAction.MOVE
    log_private_mail: Flag = False
    log_automatic_mail: Flag = False
    time_zone: Annotated[Text, AfterValidator(_time_zone)] = "UTC"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    default_sales_cycle_code: Number = STANDARD.code
    enabled: Flag | None = None
    """Not read, as `enabledAt` and `etag`: so that what GET gave can be sent back. See /enable and /disable."""
    enabled_at: datetime | None = None
    etag: str = ""

    def noun(self) -> EmailLoggingSetup:
        """The product's noun."""
        return EmailLoggingSetup(
            mailboxes=tuple(dict.fromkeys(normalised(address) for address in self.mailboxes)),
            client_id=self.client_id,
            run_every_minutes=self.run_every_minutes,
            batch_size=self.batch_size,
            messages_not_logged=self.messages_not_logged,
            log_private_mail=self.log_private_mail,
            log_automatic_mail=self.log_automatic_mail,
            time_zone=self.time_zone,
            currency=self.currency,
            default_sales_cycle_code=self.default_sales_cycle_code,
        )


class SetupShape(Shape):
    """The setup. The client secret is in Key Vault, and only there."""

    etag: str
    mailboxes: list[str]
    client_id: str
    run_every_minutes: int
    batch_size: int
    messages_not_logged: NotLoggedAction
    log_private_mail: bool
    log_automatic_mail: bool
    time_zone: str
    currency: str
    default_sales_cycle_code: str
    enabled: bool
    enabled_at: datetime | None


class RunShape(Shape):
    """What a run came to. `waiting` is null when Exchange could not be asked."""

    outcomes: dict[Outcome, int]
    waiting: int | None
    more: bool
    already_running: bool


class StatusShape(Shape):
    """How logging is doing. `waiting` and `lagSeconds` are null when Exchange could not be asked."""

    enabled: bool
    last_run: datetime | None
    last_success: datetime | None
    last_error: str
    waiting: int | None
    oldest_waiting: datetime | None
    lag_seconds: float | None
    outcomes: dict[Outcome, int]
    rematching: int
    """Addresses whose held messages are still to be matched again."""
    notifications: bool
    """Whether Microsoft Graph tells us of new messages; without, the timer alone reads them."""


class ActivityShape(Shape):
    """A run that did something, or failed."""

    mailbox: str
    started_at: datetime
    ended_at: datetime
    message: str
    failed: bool
    outcomes: dict[Outcome, int]


class ActivityPage(PageShape):
    """The activity log, newest first."""

    value: list[ActivityShape]


@router.get("/setup")
async def get_setup(response: Response, world: World) -> SetupShape:
    """The setup."""
    return _setup(response, await world.setups.get())


@router.put("/setup", responses=problems(409, 412, 413, 415, 422))
async def put_setup(response: Response, world: World, setup: SetupWish, if_match: IfMatch = None) -> SetupShape:
    """Changes the setup. Whether logging is enabled stays as it is."""
    return _setup(response, await change_setup(world, setup.noun(), if_match))


@router.post("/enable", responses=problems(409, 412, 422))
async def enable_logging(response: Response, world: World, if_match: IfMatch = None) -> SetupShape:
    """Starts logging. 409 when the setup is not complete."""
    return _setup(response, await enable(world, if_match))


@router.post("/disable", responses=problems(412, 422))
async def disable_logging(response: Response, world: World, if_match: IfMatch = None) -> SetupShape:
    """Stops logging at once."""
    return _setup(response, await disable(world, if_match))


@router.post("/run", responses=problems(409))
async def run_logging(world: World) -> RunShape:
    """Handles what waits, now, for at most 100 s. 409 when logging is disabled."""
    run = await run_now(world)
    waiting, _, _ = await count_waiting(world, await world.setups.get())
    return RunShape.of(run, waiting=waiting)


@router.get("/activity", responses=problems(422))
async def list_activity(request: Request, world: World, query: Annotated[ListQuery, Query()]) -> ActivityPage:
    """Runs that did something, and failures."""
    page = await world.runs.activity(start_of(request, query), query.top)
    return ActivityPage(
        value=[ActivityShape.of(one, outcomes=+Counter(dict(one.outcomes))) for one in page.items],
        next_link=next_link(request, page.next),
    )


@readable.get("/status")
async def get_status(world: World) -> StatusShape:
    """How logging is doing, read live."""
    return StatusShape.of(await read_status(world))


def _setup(response: Response, setup: EmailLoggingSetup) -> SetupShape:
    shape = SetupShape.of(setup)
    response.headers["ETag"] = shape.etag
    return shape
