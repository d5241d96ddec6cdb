"""What the jobs need of the world, as promises. `storage` and `graph` keep them; `wiring` brings them together.

All times are aware and in UTC. Every call may raise `errors.Unavailable` (worth trying again); what else it raises is
said beside it. Whatever writes may be repeated: doing it twice is doing it once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import Conflict
from shared.jobs.mail_ports import Ledger, Mailboxes, NeverLogRules, Runs, Subscriptions
from shared.mail.matching import Party
from shared.mail.setup import EmailLoggingSetup
from shared.paging import Page, Place
from shared.sales.background_job import BackgroundJob, JobError
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.sales.party import Contact, Salesperson, Saved


class Interactions(Protocol):
    """The interaction log."""

    async def write(self, entries: Sequence[Interaction]) -> None:
        """Adds entries to the log and its lists. One that is there stays as people have made it."""

    async def get(self, entry_id: str) -> Interaction:
        """Raises NotFound."""

    async def change(self, before: Interaction, after: Interaction) -> Interaction:
        """Raises Stale when the entry is not as `before` any more."""

    async def comments(self, entry_id: str) -> tuple[Comment, ...]:
        """Oldest first."""

    async def page(
        self, wanted: InteractionFilter, since: datetime | None, until: datetime | None, start: Place | None, limit: int
    ) -> Page[Interaction]:
        """Newest first."""


class People[P: Contact | Salesperson](Protocol):
    """Contacts, or salespeople. No two people of either kind have the same address."""

    async def find(self, number: str) -> P | None: ...

    async def get(self, number: str) -> P:
        """Raises NotFound."""

    async def find_all(self, numbers: Iterable[str]) -> dict[str, P]:
        """By number as it was asked for; those that do not exist are left out."""

    async def page(self, start: Place | None, limit: int) -> Page[P]:
        """By number."""

    async def add(self, person: P, now: datetime) -> P:
        """Raises Conflict when the number or an address is taken, naming who has it."""

    async def change(self, before: P, after: P, now: datetime) -> P:
        """Raises Stale, or Conflict when an address is taken."""

    async def remove(self, person: P) -> None:
        """Raises Stale."""

    async def save_all(self, people: Sequence[P], now: datetime) -> dict[str, Saved | Conflict]:
        """Adds or overwrites people with different numbers and addresses. By number: what became of each."""


class Directory(Protocol):
    """Everybody whose mail is logged."""

    @property
    def contacts(self) -> People[Contact]: ...

    @property
    def salespeople(self) -> People[Salesperson]: ...

    async def parties(self, addresses: Iterable[str]) -> dict[str, Party]:
        """By address; those that nobody has are left out."""


class Opportunities(Protocol):
    """What might be sold."""

    async def announce(self, source: str, opportunity: Opportunity, comments: tuple[Comment, ...]) -> bool:
        """Notes what is to be made from an entry. False when something was noted before."""

    async def make_announced(self, source: str) -> Opportunity:
        """Makes what was announced, under the next number, or finds it made. Raises NotFound when nothing was."""

    async def get(self, no: str) -> Opportunity:
        """Raises NotFound."""

    async def page(self, wanted: OpportunityFilter, start: Place | None, limit: int) -> Page[Opportunity]:
        """By number."""


class NumberSeries(Protocol):
    """Numbers such as CT000001."""

    async def take(self, series: str, count: int) -> list[str]:
        """The next numbers, which nobody else gets."""


class Setups(Protocol):
    """The one setup."""

    async def get(self) -> EmailLoggingSetup: ...

    async def change(self, before: EmailLoggingSetup, after: EmailLoggingSetup) -> EmailLoggingSetup:
        """Raises Stale."""


class BackgroundJobs(Protocol):
    """Jobs that go on after their request was answered."""

    async def add(self, job: BackgroundJob, file: bytes) -> None: ...

    async def get(self, job_id: str) -> BackgroundJob:
        """Raises NotFound."""

    async def file(self, job_id: str) -> bytes: ...

    async def save(self, job: BackgroundJob, errors: Iterable[JobError] = ()) -> None: ...

    async def errors(self, job_id: str) -> tuple[JobError, ...]: ...

    async def drop_file(self, job_id: str) -> None: ...


class Hints(Protocol):
    """Notes to ourselves that work is waiting. Losing one delays, and loses nothing."""

    async def drain_mailbox(self, mailbox: str) -> None: ...

    async def import_directory(self, job_id: str) -> None: ...

    async def renew_subscriptions(self) -> None: ...


class Clock(Protocol):
    """The time, read once for each operation and passed on."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the jobs work with."""

    clock: Clock
    mailboxes: Mailboxes
    ledger: Ledger
    never_log: NeverLogRules
    subscriptions: Subscriptions
    interactions: Interactions
    directory: Directory
    opportunities: Opportunities
    numbers: NumberSeries
    setups: Setups
    runs: Runs
    background_jobs: BackgroundJobs
    hints: Hints
