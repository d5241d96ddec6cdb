"""What the jobs need of the world, as promises. `storage` and `graph` keep them; `wiring` brings them together.

All times are aware and in UTC. Every call may raise `errors.Unavailable` (worth trying again); what else it raises is
said beside it. Whatever writes may be repeated: doing it twice is doing it once.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import Conflict
from shared.jobs.mail_ports import Ledger, Mailboxes, NeverLogRules, Runs, Subscriptions
from shared.mail.matching import Party
from shared.mail.setup import EmailLoggingSetup
from shared.paging import Page, Place
from shared.sales.background_job import BackgroundJob, JobError
from shared.sales.close_opportunity import CloseOpportunityCode
from shared.sales.interaction import Comment, Interaction, InteractionFilter
from shared.sales.opportunity import Opportunity, OpportunityFilter
from shared.sales.opportunity_history import History
from shared.sales.party import Contact, Salesperson, Saved
from shared.sales.sales_cycle import SalesCycle


class Interactions(Protocol):
    """The interaction log."""

    async def write(self, entries: Sequence[Interaction]) -> None:
        """Adds entries to the log and its lists. One that is there stays as people have made it, and lists follow it:
        also those in which it is as given here, and is not any more.
        """

    async def get(self, entry_id: str) -> Interaction:
        """Raises NotFound."""

    async def change(self, before: Interaction, after: Interaction) -> Interaction:
        """Raises Stale when the entry is not as `before` any more."""

    def put_right(self) -> AsyncIterator[str]:
        """Finishes changes that somebody was stopped in the middle of. Gives the opportunities to be counted anew."""

    async def add_comment(self, before: Interaction, comment: Comment) -> Interaction:
        """Adds and counts it. Raises Stale when the entry is not as `before` any more."""

    async def count(self, opportunity_no: str) -> int:
        """How many belong to an opportunity, without canceled ones."""

    async def comments(self, entry_id: str) -> tuple[Comment, ...]:
        """Oldest first."""

    async def page(
        self, wanted: InteractionFilter, since: datetime | None, until: datetime | None, start: Place | None, limit: int
    ) -> Page[Interaction]:
        """Newest first."""


class Conversations(Protocol):
    """Which opportunities later messages of conversations belong to."""

    async def attach(self, conversation_id: str, opportunity_no: str) -> None:
        """To this one, and to no other any more."""

    async def detach(self, conversation_id: str, opportunity_no: str) -> None:
        """To this one no longer."""

    async def attached(self, conversation_ids: Iterable[str]) -> dict[str, str]:
        """Opportunity numbers by conversation; those that have none are left out."""


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

    async def add(self, history: History) -> Opportunity:
        """Makes one under the next number: numbers have neither gaps nor doubles."""

    async def make_from(self, source: str, history: History, comments: tuple[Comment, ...]) -> tuple[str, bool]:
        """Makes one from an entry, or finishes the one that was begun. Its number, and whether it is this one."""

    async def get(self, no: str) -> Opportunity:
        """Raises NotFound."""

    async def read(self, no: str) -> History:
        """Raises NotFound."""

    async def history(self, no: str) -> History:
        """To be changed: what somebody stopped in the middle of is finished first. Raises NotFound."""

    async def comments(self, no: str) -> tuple[Comment, ...]:
        """Oldest first."""

    async def page(self, wanted: OpportunityFilter, start: Place | None, limit: int) -> Page[Opportunity]:
        """By number."""

    async def open_in_stage(self, sales_cycle_code: str, stage: int) -> str:
        """Number of one that is open in a stage, 0 being before the first; "" for none."""

    async def change(self, before: History, after: History) -> Opportunity:
        """Raises Stale when people have changed it since `before`. Its count of interactions stays as it is."""

    async def set_interaction_count(self, before: Opportunity, count: int) -> None:
        """Raises Stale when it was written since it was read."""

    async def remove(self, before: History) -> None:
        """Takes it away; what belongs to it is to be cleared away, and then it may be forgotten. Raises Stale."""

    async def is_gone(self, no: str) -> bool:
        """Whether it is not there, or not any more."""

    async def is_leaving(self, no: str) -> bool:
        """Whether it was taken away, but not forgotten."""

    async def put_right(self) -> list[str]:
        """Finishes what somebody who died was changing. Numbers of those that were taken away, but not forgotten."""

    async def forget(self, no: str) -> None:
        """The last step of taking it away."""


class SalesCycles(Protocol):
    """Sales cycles. The one that comes with the app is among them until it is removed."""

    async def all(self) -> list[SalesCycle]:
        """By code."""

    async def find(self, code: str) -> SalesCycle | None: ...

    async def get(self, code: str) -> SalesCycle:
        """Raises NotFound."""

    async def add(self, cycle: SalesCycle) -> SalesCycle:
        """Raises Conflict when there is one with its code."""

    async def change(self, before: SalesCycle, after: SalesCycle) -> SalesCycle:
        """Raises Stale."""

    async def remove(self, cycle: SalesCycle) -> None:
        """Raises Stale."""


class CloseOpportunityCodes(Protocol):
    """Why opportunities are won, or lost."""

    async def all(self) -> list[CloseOpportunityCode]:
        """By code."""

    async def find(self, code: str) -> CloseOpportunityCode | None: ...

    async def get(self, code: str) -> CloseOpportunityCode:
        """Raises NotFound."""

    async def add(self, code: CloseOpportunityCode) -> CloseOpportunityCode:
        """Raises Conflict when it is there already."""

    async def remove(self, code: CloseOpportunityCode) -> None:
        """Raises Stale."""


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
    conversations: Conversations
    directory: Directory
    opportunities: Opportunities
    sales_cycles: SalesCycles
    close_opportunity_codes: CloseOpportunityCodes
    numbers: NumberSeries
    setups: Setups
    runs: Runs
    background_jobs: BackgroundJobs
    hints: Hints
