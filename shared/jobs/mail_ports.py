"""What the jobs need of the world of mail, as promises: Exchange, the ledger, and what is known of the runs.

The same holds as in `ports`: every call may raise `errors.Unavailable`, and whatever writes may be repeated.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from shared.mail.archive_reading import ArchiveReading
from shared.mail.content import MessageContent, MessageReference, Waiting
from shared.mail.decision import Claim
from shared.mail.ledger import HeldAddress, HeldMessages, LedgerRow, RematchRequest
from shared.mail.message import BrokenItem, Folder, FolderPage, Message
from shared.mail.never_log import NeverLogRule
from shared.mail.outcome import Destination, Outcome
from shared.mail.runs import Activity, Lease, MailboxStatus
from shared.mail.setup import EmailLoggingSetup
from shared.mail.subscription import Subscription
from shared.paging import Page, Place


class Mailbox(Protocol):
    """One logging mailbox in Exchange. Every call may also raise SignInRefused or MailboxRefused."""

    address: str

    async def messages_in(self, folder: Folder, since: datetime | None, skip: int, top: int) -> FolderPage:
        """At most `top` messages of a folder that came at `since` or later, oldest first, less the first `skip`."""

    async def count(self, folder: Folder, since: datetime | None, until: datetime) -> int:
        """How many messages of a folder came at `since` or later, and before `until`."""

    async def read_message(self, item_id: str) -> Message:
        """One message as it is now. Raises MessageGone, MessageFailed."""

    async def move(self, item_id: str, to: Destination) -> None:
        """Raises MessageGone when the item is in no folder, MessageFailed when Exchange will not move it."""

    async def waiting(self) -> Waiting:
        """What is in the Inbox now."""

    async def read_original(self, reference: MessageReference) -> MessageContent:
        """The message, wherever it is now. Raises MessageGone."""

    async def link_to_original(self, reference: MessageReference) -> str:
        """An https link that opens the message, wherever it is now. Raises MessageGone."""


class Mailboxes(Protocol):
    """Mailboxes, opened with the sign-in that the setup names."""

    def open(self, address: str, setup: EmailLoggingSetup) -> Mailbox:
        """Calls nobody yet."""

    def notifications(self, setup: EmailLoggingSetup) -> "Notifications":
        """Calls nobody yet."""


class Ledger(Protocol):
    """What was decided about each message: a plan, which is begun, finished, published, and closed."""

    async def claim(self, messages: Sequence[Message], now: datetime) -> dict[str, Claim]:
        """Claims each message's mail for its item. By item id: who owns the mail, for ever once that is decided."""

    async def begin(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Keeps the plans, and answers with those that count: for an item that had one already, that one."""

    async def finish(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Notes that plans are carried out. The answer leaves out those that somebody changed meanwhile."""

    async def publish(self, rows: Sequence[LedgerRow]) -> None:
        """Puts finished plans where readers see them, and held ones where their addresses lead to them."""

    async def close(self, rows: Sequence[LedgerRow]) -> None:
        """Notes that nothing is left to do about published plans, and forgets what was only needed to publish them."""

    async def leave_open(self, rows: Sequence[LedgerRow]) -> None:
        """Notes that plans are to be published once more, also where somebody has closed them."""

    async def open(self, mailbox: str, now: datetime) -> list[LedgerRow]:
        """Plans that were begun and not closed, finished or not."""

    async def count_open(self, mailbox: str) -> int:
        """How many those are."""

    async def known(self, mailbox: str, items: Iterable[Message | BrokenItem]) -> dict[str, Outcome]:
        """What was decided about items, by item id; those without a plan are left out."""

    async def reopen(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Puts new plans in place of finished ones; they are then open. Leaves out those that somebody else changed."""

    async def change(self, row: LedgerRow) -> LedgerRow:
        """Replaces an unfinished plan, unless somebody else was quicker: then the answer is theirs."""

    def held(self, mailbox: str, request: RematchRequest) -> AsyncIterator[HeldMessages]:
        """Held messages of a mailbox in which the request's address is, some at a time, from where it is by now."""

    async def held_among(self, addresses: Collection[str]) -> list[str]:
        """Those of the addresses that are in held messages."""

    async def held_addresses(self) -> list[HeldAddress]:
        """Every address that is in held messages."""

    async def request_rematch(self, mailbox: str, addresses: Iterable[str], keep_until: datetime) -> None:
        """Notes that held messages of these addresses are to be matched again, at least until then."""

    async def note_rematch(self, mailbox: str, request: RematchRequest) -> None:
        """Notes how far a request has come, unless it was made again meanwhile."""

    async def rematch_requests(self, mailbox: str) -> list[RematchRequest]:
        """The notes, up to 1000."""

    async def drop_rematch_request(self, mailbox: str, request: RematchRequest) -> None:
        """Takes a note away, unless it was made again meanwhile."""

    async def count_try(self, row_id: str, now: datetime) -> int:
        """Counts one more failure of an item, if the last was a while ago, and says how many there are now."""

    async def get(self, row_id: str) -> LedgerRow:
        """Raises NotFound."""

    async def page(
        self,
        outcome: Outcome | None,
        address: str,
        since: datetime | None,
        until: datetime | None,
        start: Place | None,
        limit: int,
    ) -> Page[LedgerRow]:
        """Finished rows by received time, newest first."""


class NeverLogRules(Protocol):
    """Whose mail is not to be logged."""

    async def all(self) -> list[NeverLogRule]:
        """Every rule, oldest first."""

    async def add(self, rule: NeverLogRule) -> NeverLogRule: ...

    async def remove(self, rule_id: str) -> None:
        """Raises NotFound."""


class Subscriptions(Protocol):
    """Our change notifications, as Graph has agreed to them."""

    async def get(self, mailbox: str) -> Subscription | None: ...

    async def find(self, subscription_id: str) -> Subscription | None: ...

    async def put(self, subscription: Subscription) -> None: ...

    async def expire(self, subscription: Subscription) -> None:
        """Makes it due for renewal at once."""

    async def remove(self, subscription: Subscription) -> None: ...


class Notifications(Protocol):
    """Microsoft Graph's side of change notifications. Every call may raise SignInRefused or MailboxRefused."""

    async def subscribe(self, mailbox: str, client_state: str, expires: datetime) -> Subscription: ...

    async def renew(self, subscription: Subscription, expires: datetime) -> Subscription | None:
        """None when Graph does not know the subscription any more."""


class Runs(Protocol):
    """Who works on a mailbox, and how it went."""

    async def take_lease(self, mailbox: str, owner: str, now: datetime) -> Lease | None:
        """None when another worker has it."""

    async def renew_lease(self, lease: Lease, now: datetime) -> Lease | None:
        """None when it was lost."""

    async def release_lease(self, lease: Lease, now: datetime) -> None: ...

    async def knock(self, mailbox: str, now: datetime) -> None:
        """Notes that somebody wanted the lease while another worker had it."""

    async def last_knock(self, mailbox: str) -> datetime | None: ...

    async def begin_archive_reading(self, reading: ArchiveReading) -> bool:
        """False when the mailbox's Archive is being read already."""

    async def archive_reading(self, mailbox: str) -> ArchiveReading | None: ...

    async def note_archive_reading(self, reading: ArchiveReading) -> None: ...

    async def end_archive_reading(self, mailbox: str) -> None: ...

    async def begin_sweeping(self, mailbox: str, since: datetime) -> None:
        """Notes from when on Archive is looked through, in a mailbox that had no run yet."""

    async def status(self, mailbox: str) -> MailboxStatus: ...

    async def record(self, activity: Activity) -> None: ...

    async def activity(self, start: Place | None, limit: int) -> Page[Activity]:
        """Newest first."""
