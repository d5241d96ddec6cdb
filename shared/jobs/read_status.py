"""How logging is doing, over all mailboxes: read live where it can be."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from shared.errors import ProductError
from shared.jobs.ports import World
from shared.mail.outcome import Outcome
from shared.mail.setup import EmailLoggingSetup
from shared.together import together


@dataclass(frozen=True, slots=True)
class Status:
    """`waiting` and `oldest_waiting` are None when Exchange could not be asked; `last_error` then says why."""

    enabled: bool
    last_run: datetime | None
    last_success: datetime | None
    last_error: str
    waiting: int | None
    oldest_waiting: datetime | None
    lag_seconds: float | None
    """Age of the oldest message that waits; 0 when none does."""
    outcomes: dict[Outcome, int]
    rematching: int
    """Addresses whose held messages are still to be matched again."""
    notifications: bool
    """Whether Graph tells us of new messages in every mailbox."""


async def read_status(world: World) -> Status:
    """The status of the whole of Email Logging."""
    setup = await world.setups.get()
    statuses = await together(world.runs.status(address) for address in setup.mailboxes)
    requests = await together(world.ledger.rematch_requests(address) for address in setup.mailboxes)
    subscriptions = await together(world.subscriptions.get(address) for address in setup.mailboxes)
    waiting, oldest, trouble = await count_waiting(world, setup)
    errors = [status.last_error for status in statuses if status.last_error]
    return Status(
        enabled=setup.enabled,
        last_run=max((status.last_run for status in statuses if status.last_run), default=None),
        last_success=max((status.last_success for status in statuses if status.last_success), default=None),
        last_error=" ".join(errors) or trouble,
        waiting=waiting,
        oldest_waiting=oldest,
        lag_seconds=None if trouble else (world.clock() - oldest).total_seconds() if oldest else 0,
        outcomes=dict(sum((Counter(dict(status.outcomes)) for status in statuses), Counter[Outcome]())),
        rematching=sum(map(len, requests)),
        notifications=bool(subscriptions) and all(one and one.expires_at > world.clock() for one in subscriptions),
    )


async def last_success(world: World) -> datetime | None:
    """When a run last went well."""
    setup = await world.setups.get()
    statuses = await together(world.runs.status(address) for address in setup.mailboxes)
    return max((status.last_success for status in statuses if status.last_success), default=None)


async def count_waiting(world: World, setup: EmailLoggingSetup) -> tuple[int | None, datetime | None, str]:
    """Messages in the Inboxes plus unfinished plans, the oldest time, and what kept us from knowing, or ""."""
    if setup.missing:
        return 0, None, ""
    try:
        inboxes, unfinished = await asyncio.gather(
            together(world.mailboxes.open(address, setup).waiting() for address in setup.mailboxes),
            together(world.ledger.count_open(address) for address in setup.mailboxes),
        )
    except ProductError as error:
        return None, None, error.message
    oldest = min((inbox.oldest for inbox in inboxes if inbox.oldest), default=None)
    return sum(inbox.count for inbox in inboxes) + sum(unfinished), oldest, ""
