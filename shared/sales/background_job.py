"""A job that goes on after its request was answered, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Failed means that the job itself could not go on; single bad lines are errors of a job that is Done."""

    RUNNING = "Running"
    DONE = "Done"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class JobError:
    """What was wrong with one line of a file, counted from 1, the header being line 1. Line 0 is the job itself."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """`done` of `total` lines are handled. `counts` says how many were added, changed, unchanged and failed."""

    id: str
    kind: str
    state: JobState
    started_at: datetime
    total: int
    done: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    etag: str = ""
