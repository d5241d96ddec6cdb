"""What may happen while mail is logged, or between two runs."""

from dataclasses import dataclass
from enum import StrEnum

from tests.wire import Trouble


class Likeness(StrEnum):
    """How a mail is like one that came before."""

    NEW = "a new mail"
    AGAIN = "the same mail again"
    FORGED = "another mail with the same Message-ID"


class Deed(StrEnum):
    """What somebody does in the directory."""

    ADD_CONTACT = "adds the guest as a contact"
    REMOVE_CONTACT = "removes the guest"
    ADD_SALESPERSON = "adds the new colleague"
    REMOVE_SALESPERSON = "removes the new colleague"
    ADD_ADDRESS = "gives Dísa a second address"
    REMOVE_ADDRESS = "takes it away"


class Service(StrEnum):
    """Whose calls meet with trouble."""

    GRAPH = "Graph"
    STORAGE = "storage"


@dataclass(frozen=True)
class Arrives:
    """Mail comes, by Exchange's BCC-foldering perhaps straight into Archive."""

    kind: str
    """Its name in `letters.KINDS`."""
    likeness: Likeness = Likeness.NEW
    earlier: int = 0
    """Which of those before it is like."""
    folder: str = "Inbox"


@dataclass(frozen=True)
class Moves:
    """A person moves a message in Outlook."""

    item: int
    folder: str


@dataclass(frozen=True)
class Deletes:
    """A person deletes a message in Outlook; for good, if it was deleted before."""

    item: int


@dataclass(frozen=True)
class Changes:
    """A person changes the directory."""

    deed: Deed


@dataclass(frozen=True)
class Meets:
    """Calls to a service meet with trouble on the wire, so many of them."""

    service: Service
    trouble: Trouble
    times: int


@dataclass(frozen=True)
class Stops:
    """A worker dies, just before a call is made or just after."""

    worker: int
    trouble: Trouble


type Happening = Arrives | Moves | Deletes | Changes
"""What may happen at any time."""
type Event = Happening | Meets | Stops
"""What may happen in the middle of a run."""


@dataclass(frozen=True)
class Incident:
    """Something happens when a run's calls have come to a number."""

    call: int
    event: Event
