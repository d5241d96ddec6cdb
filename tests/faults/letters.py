"""The mail of the schedules: of each kind, what must become of it."""

from dataclasses import dataclass
from datetime import timedelta

from shared.mail.outcome import Outcome
from tests.jobs.company import ANNA, BEN, CARL, CARL_AT_HOME, DISA, SENT, letter

GUEST = "guest@x.example"
"""May become a contact."""
SECOND = "second@x.example"
"""May become an alternative address of Dísa's."""
ERLA = "erla@nordurljos.example"
"""May become a salesperson."""
NOBODY = "nobody@y.example"

type Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Kind:
    """What mails of a kind have in common."""

    name: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    list_unsubscribe: str = ""
    outcome: Outcome | None = None
    """None: it depends on who is known when."""
    pairs: Pairs = frozenset()
    """Contact and salesperson of each entry."""


_KINDS = (
    Kind("to one", ANNA, (CARL,), outcome=Outcome.LOGGED, pairs=frozenset({("CT000002", "AK")})),
    Kind(
        "to several",
        ANNA,
        (CARL_AT_HOME, DISA, NOBODY),
        (CARL,),
        outcome=Outcome.LOGGED,
        pairs=frozenset({("CT000002", "AK"), ("CT000003", "AK")}),
    ),
    Kind("from one", CARL, (ANNA,), outcome=Outcome.LOGGED, pairs=frozenset({("CT000002", "AK")})),
    Kind(
        "from one to several",
        DISA,
        (ANNA,),
        (BEN,),
        outcome=Outcome.LOGGED,
        pairs=frozenset({("CT000003", "AK"), ("CT000003", "BW")}),
    ),
    Kind("from the guest", GUEST, (ANNA,)),
    Kind("to the guest and others", BEN, (CARL, GUEST)),
    Kind("to the new colleague", CARL, (ERLA,)),
    Kind("from a second address", SECOND, (BEN, ERLA)),
    Kind("between strangers", NOBODY, (SECOND, GUEST), outcome=Outcome.UNMATCHED),
    Kind("newsletter", CARL, (ANNA,), list_unsubscribe="<https://x.example>", outcome=Outcome.AUTOMATIC),
    Kind("to nobody", CARL, (), outcome=Outcome.NO_RECIPIENTS),
)
KINDS = {kind.name: kind for kind in _KINDS}
"""By name."""


@dataclass(frozen=True)
class Letter:
    """One mail. Its subject is no other's."""

    kind: Kind
    number: int
    message_id: str

    @property
    def subject(self) -> str:
        return f"{self.number:02d} {self.kind.name}"

    @property
    def raw(self) -> bytes:
        """As it arrives, the same each time."""
        return letter(
            self.kind.sender,
            *self.kind.to,
            cc=self.kind.cc,
            subject=self.subject,
            message_id=self.message_id,
            sent=SENT + timedelta(minutes=self.number),
            list_unsubscribe=self.kind.list_unsubscribe,
        )
