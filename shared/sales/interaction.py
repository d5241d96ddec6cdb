"""The interaction log entry: one salesperson, one contact, one message."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

DESCRIPTION_LENGTH = 100
"""Characters of the subject that make the description, as in Business Central."""


class Evaluation(StrEnum):
    """How the interaction went, as somebody judged it afterwards."""

    VERY_POSITIVE = "Very Positive"
    POSITIVE = "Positive"
    NEUTRAL = "Neutral"
    NEGATIVE = "Negative"
    VERY_NEGATIVE = "Very Negative"


@dataclass(frozen=True, slots=True)
class Interaction:
    """An entry of the log. Names are not here: they are looked up when it is read."""

    id: str
    occurred_at: datetime
    """Sent time of outbound mail, received time of inbound; aware, UTC."""
    information_flow: str
    """Inbound or Outbound."""
    kind: str
    """Message, Meeting or Automatic."""
    contact_no: str
    company_no: str
    alternative_address_code: str
    salesperson_code: str
    subject: str
    internet_message_id: str
    conversation_id: str
    has_attachments: bool
    mailbox: str
    item_id: str
    evaluation: str = ""
    canceled: bool = False
    opportunity_no: str = ""
    detached_from: str = ""
    """The opportunity that people took it from last: it does not follow its conversation there again."""
    comment_count: int = 0
    etag: str = ""

    @property
    def initiated_by(self) -> str:
        """Us for outbound mail, Them for inbound."""
        return "Us" if self.information_flow == "Outbound" else "Them"

    @property
    def description(self) -> str:
        """What an opportunity made from this entry is called."""
        return self.subject[:DESCRIPTION_LENGTH]


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark that somebody left on an entry."""

    comment: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class InteractionFilter:
    """Which entries to list. "" and None mean: any. Dates are in the setup's time zone, both included."""

    contact_no: str = ""
    company_no: str = ""
    salesperson_code: str = ""
    opportunity_no: str = ""
    conversation_id: str = ""
    information_flow: str = ""
    from_date: date | None = None
    to_date: date | None = None
    canceled: bool = False
    has_opportunity: bool | None = None
