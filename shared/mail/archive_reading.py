"""Reading back what was in Archive before logging was enabled, because somebody asked for it."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ArchiveReading:
    """Which part of a mailbox's Archive is to be read, and how far that has come."""

    mailbox: str
    job_id: str
    started_at: datetime
    until: datetime
    """When logging was enabled: what came later is not part of it, but of every run."""
    total: int
    """Messages, counted at the beginning."""
    since: datetime | None = None
    """Where to go on: what came before this has been read, or is not wanted."""
    done: int = 0
    new: int = 0
    """Those of them that nobody had logged."""

    def after(self, read: int, new: int, since: datetime) -> "ArchiveReading":
        """Once some more have been read; `since` is when the last of them came."""
        # Messages may have been moved into Archive meanwhile.
        done = self.done + read
        return replace(self, done=done, total=max(self.total, done), new=self.new + new, since=since)
