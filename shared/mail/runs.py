"""Runs on a mailbox: who may work on it, how the last ones went, and the lines of the activity log."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from shared.mail.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to be the one that works on a mailbox, until it runs out."""

    mailbox: str
    owner: str
    until: datetime
    etag: str = ""


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """What is known of the runs on one mailbox. `outcomes` counts since the beginning."""

    last_run: datetime | None = None
    last_success: datetime | None = None
    last_error: str = ""
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    swept_until: datetime | None = None
    """Archive has no unlogged messages that came before this."""

    def after_run(
        self, now: datetime, error: str, outcomes: Counter[Outcome], swept_until: datetime | None
    ) -> "MailboxStatus":
        """The status once a run has ended at `now`; `error` is "" when it went well."""
        counts = Counter(dict(self.outcomes))
        counts.update(outcomes)  # not +, which would drop what is taken away
        return MailboxStatus(
            last_run=now,
            last_success=self.last_success if error else now,
            last_error=error,
            outcomes=tuple(sorted((+counts).items())),
            swept_until=swept_until or self.swept_until,
        )


@dataclass(frozen=True, slots=True)
class Activity:
    """A line of the activity log: one run that did something, or failed."""

    mailbox: str
    started_at: datetime
    ended_at: datetime
    message: str
    """What happened, in a plain sentence."""
    failed: bool
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    swept_until: datetime | None = None
