"""The message ledger: /api/email-logging/messages. Why was this mail logged, or not?"""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request

from shared.jobs.retry_message import retry_message
from shared.mail.address import normalised
from shared.mail.ledger import LedgerRow
from shared.mail.outcome import Mark, Outcome
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Day, PageShape, Shape, problems

router = APIRouter(
    prefix="/email-logging/messages",
    tags=["Email Logging"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)


class LedgerQuery(ListQuery):
    """Which messages. `address` is anybody's in the message; dates are of arrival, both included."""

    outcome: Outcome | None = None
    address: str = ""
    from_date: Day | None = None
    to_date: Day | None = None


class LedgerRowShape(Shape):
    """A message, what became of it, and why. `subject` and `to` are empty when the outcome is `excluded`."""

    id: str
    etag: str
    mailbox: str
    internet_message_id: str
    received_at: datetime
    decided_at: datetime
    from_address: Annotated[str, Field(alias="from")]
    to: list[str]
    subject: str
    outcome: Outcome
    marks: list[Mark]
    reason: str
    interaction_ids: list[str]
    tries: int


class LedgerPage(PageShape):
    """Messages, newest first."""

    value: list[LedgerRowShape]


@router.get("")
async def list_messages(request: Request, world: World, query: Annotated[LedgerQuery, Query()]) -> LedgerPage:
    """Messages that were handled, newest first."""
    setup = await world.setups.get()
    page = await world.ledger.page(
        query.outcome,
        normalised(query.address),
        setup.start_of(query.from_date) if query.from_date else None,
        setup.start_of(query.to_date + timedelta(days=1)) if query.to_date else None,
        start_of(request, query),
        query.top,
    )
    return LedgerPage(value=[_shape(row) for row in page.items], next_link=next_link(request, page.next))


@router.post("/{id}/retry", responses=problems(404, 409, 422))
async def retry(
    world: World, row_id: Annotated[str, Path(alias="id", pattern=r"^[0-9a-f]{8}-\d{8}-[0-9a-f]{32}$")]
) -> LedgerRowShape:
    """Processes a held or failed message again. 409 when it is neither, or when a run is at work on its mailbox."""
    return _shape(await retry_message(world, row_id))


def _shape(row: LedgerRow) -> LedgerRowShape:
    message, decision = row.message, row.decision
    return LedgerRowShape.of(
        row,
        mailbox=message.mailbox,
        internet_message_id=message.internet_message_id,
        received_at=message.received_at,
        from_address=message.from_address,
        to=message.recipients,
        subject=message.subject,
        outcome=decision.outcome,
        marks=decision.marks,
        reason=decision.reason,
    )
