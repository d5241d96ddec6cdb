"""Timer triggers: each runs by its NCRONTAB schedule (six fields, seconds first, UTC)."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from local.hosting.worker import Function, FunctionFailedError, Message, Worker


def timer_data(past_due: bool = False) -> Message:
    """What a timer function is given."""
    return Message(json=json.dumps({"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": None}))


def next_run(schedule: str, after: datetime) -> datetime:
    """The first time after this one. Raises ValueError for a schedule that is none."""
    try:
        return next(CronSim(schedule, after))
    except CronSimError as error:
        raise ValueError(f"{schedule!r} is not an NCRONTAB schedule: {error}") from error


def right_now() -> datetime:
    """The clock that schedules go by."""
    return datetime.now(UTC)


async def keep_time(worker: Worker, function: Function, now: Callable[[], datetime] = right_now) -> None:
    """Runs a timer function for ever. The next time is sought when a run has ended, so runs never overlap."""
    schedule = function.setting("schedule")
    if function.trigger.get("runOnStartup"):
        await _run(worker, function)
    while True:
        due = next_run(schedule, now())
        await asyncio.sleep((due - now()).total_seconds())
        if now() >= due:  # a sleep may end a little early
            await _run(worker, function)


async def _run(worker: Worker, function: Function) -> None:
    with suppress(FunctionFailedError):
        await worker.call(function, timer_data())
