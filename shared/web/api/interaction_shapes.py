"""Interaction log entries as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field
from starlette.requests import Request

from shared.jobs.ports import World as JobsWorld
from shared.jobs.read_interactions import names_in
from shared.mail.setup import EmailLoggingSetup
from shared.sales.interaction import Interaction
from shared.web.shapes import Day, PageShape, Shape

EntryId = Annotated[str, Path(alias="id", pattern=r"^\d{8}[0-9a-f]{48}$")]


class MessageShape(Shape):
    """The message of an entry."""

    internet_message_id: str
    conversation_id: str
    has_attachments: bool
    mailbox: str
    open: str
    """Address that opens the original, wherever it is."""


class InteractionShape(Shape):
    """An entry of the interaction log."""

    id: str
    etag: str
    occurred_at: datetime
    date: Day
    information_flow: Literal["Inbound", "Outbound"]
    initiated_by: Literal["Us", "Them"]
    correspondence_type: Literal["Email"] = "Email"
    kind: Literal["Message", "Meeting", "Automatic"]
    contact_no: str
    contact_name: str
    company_no: str
    company_name: str
    alternative_address_code: str
    salesperson_code: str
    salesperson_name: str
    subject: str
    description: str
    evaluation: str
    canceled: bool
    opportunity_no: str
    comment_count: int
    message: MessageShape


class CommentShape(Shape):
    """A remark on an entry."""

    comment: str
    created_at: datetime
    created_by: str


class InteractionWithComments(InteractionShape):
    """An entry with its comments, oldest first."""

    comments: list[CommentShape]


class InteractionPage(PageShape):
    """Entries, newest first."""

    value: list[InteractionShape]


class AttachmentShape(Shape):
    """`size` is in bytes."""

    name: str
    size: int


class MessageContentShape(Shape):
    """The message as it is in the mailbox now."""

    from_address: Annotated[str, Field(alias="from")]
    to: list[str]
    cc: list[str]
    subject: str
    sent_at: datetime
    received_at: datetime
    text: str
    attachments: list[AttachmentShape]
    web_link: str


async def interaction_shapes(
    request: Request, world: JobsWorld, entries: tuple[Interaction, ...], setup: EmailLoggingSetup
) -> list[InteractionShape]:
    """Entries with the names that people have now."""
    names = await names_in(
        world,
        [number for entry in entries for number in (entry.contact_no, entry.company_no)],
        [entry.salesperson_code for entry in entries],
    )
    return [
        InteractionShape.of(
            entry,
            date=setup.local_date(entry.occurred_at),
            contact_name=names.contacts.get(entry.contact_no, ""),
            company_name=names.contacts.get(entry.company_no, ""),
            salesperson_name=names.salespeople.get(entry.salesperson_code, ""),
            message=MessageShape.of(entry, open=str(request.url_for("open_interaction", id=entry.id))),
        )
        for entry in entries
    ]
