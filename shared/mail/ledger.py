"""The message ledger: one row for each item, with the decision and everything needed to carry it out."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.mail.decision import Decision
from shared.mail.matching import InformationFlow, Pair
from shared.mail.message import Message
from shared.mail.message_key import digest, mail_key
from shared.mail.outcome import Outcome


def kept(message: Message, outcome: Outcome) -> Message:
    """The message as the ledger keeps it. Whose mail must not be logged must not be read in the ledger either."""
    message = message.to_keep()
    return replace(message, subject="", to=(), cc=()) if outcome is Outcome.EXCLUDED else message


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Why this message was logged, or not. Finished when all that was decided is done."""

    id: str
    message: Message
    decision: Decision
    decided_at: datetime
    finished: bool = False
    tries: int = 0
    """How often carrying it out has failed."""
    was: Outcome | None = None
    """The outcome it had before it was decided anew: held mail that came back, or a retry by hand."""
    etag: str = ""

    @property
    def interaction_ids(self) -> tuple[str, ...]:
        """Ids of the entries, in the order of the recipients."""
        return tuple(self.interaction_id(pair) for pair in self.decision.pairs)

    def interaction_id(self, pair: Pair) -> str:
        """Id of the entry for a pair: day of the interaction, key of the mail, key of the pair.

        It follows from the plan alone, so that whoever repeats the work writes the same entry.
        """
        pair_key = digest(pair.contact_no, pair.salesperson_code, length=16)
        day = self.occurred_at.date().isoformat().replace("-", "")  # strftime's years may have less than four digits
        return day + mail_key(self.message) + pair_key

    @property
    def occurred_at(self) -> datetime:
        """Time of the interaction: sent time of outbound mail, received time of inbound."""
        outbound = self.decision.flow is InformationFlow.OUTBOUND
        return self.message.sent_at if outbound else self.message.received_at


@dataclass(frozen=True, slots=True)
class HeldAddress:
    """An address that is in held messages, and in how many."""

    address: str
    count: int


@dataclass(frozen=True, slots=True)
class HeldMessages:
    """Some held messages of an address, and the ledger id of the last that was looked at."""

    rows: tuple[LedgerRow, ...]
    last: str


@dataclass(frozen=True, slots=True)
class RematchRequest:
    """A note that held messages of an address are to be matched again."""

    address: str
    keep_until: datetime
    """It may be made before its person is written, and is kept until that must have happened."""
    after: str = ""
    """Ledger id of the last message that was looked at, when the time was up before the end."""
    etag: str = ""
