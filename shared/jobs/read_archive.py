"""Reading Archive back, on request: what was there before logging was enabled, a slice in each run.

New mail comes first: a run does what every run does, reads old mail for a while, notes how far it came, and asks for
another run.
"""

import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import date, timedelta

from shared.errors import Conflict, Invalid
from shared.jobs.ports import World
from shared.jobs.read_folder import read_folder
from shared.jobs.session import Session
from shared.mail.archive_reading import ArchiveReading
from shared.mail.message import BrokenItem, Folder, Message
from shared.sales.background_job import BackgroundJob, JobState

READ_ARCHIVE = "ReadArchive"
SLICE = timedelta(seconds=20)
"""How long a run reads old mail before it looks for new mail again."""


async def begin_reading_archive(world: World, address: str, from_date: date | None) -> BackgroundJob:
    """Asks for messages in Archive that came on `from_date` or later, and before logging was enabled.

    Raises Invalid for a mailbox that is not in the setup, Conflict while logging is disabled or Archive is being read.
    """
    setup = await world.setups.get()
    if address not in setup.mailboxes:
        raise Invalid("This mailbox is not one of the setup.", {"mailbox": "It is none of the mailboxes in the setup."})
    if not (setup.enabled and setup.enabled_at):
        raise Conflict("Email Logging is disabled. Enable it first.")
    since, until = setup.start_of(from_date) if from_date else None, setup.enabled_at
    total = await world.mailboxes.open(address, setup).count(Folder.ARCHIVE, since, until)
    reading = ArchiveReading(address, uuid.uuid4().hex, world.clock(), until, total, since)
    if not await world.runs.begin_archive_reading(reading):
        raise Conflict("The Archive of this mailbox is being read already. Wait until that is done.")
    job = _job(reading)
    await world.background_jobs.save(job)
    await world.hints.drain_mailbox(address)
    return job


async def read_archive(session: Session) -> AsyncGenerator[Sequence[Message | BrokenItem]]:
    """Messages that nobody has logged, some at a time. When the next are asked for, these have been handled.

    Where one was left for a later run, that run begins with it.
    """
    world, address = session.world, session.mailbox.address
    reading = await world.runs.archive_reading(address)
    if reading is None:
        return
    began, left = world.clock(), session.run.left
    resumed_at = reading.since if reading.done else None
    async for some in read_folder(
        session.mailbox, Folder.ARCHIVE, reading.since, session.policy.setup.batch_size, set()
    ):
        old = [item for item in some if item.received_at < reading.until]
        known = await world.ledger.known(address, old)
        new = [item for item in old if item.item_id not in known]
        yield new
        if session.run.left > left:
            return
        if len(old) < len(some):
            break
        # The messages of the last second are listed again, because not all of them may have been read.
        counted = [i for i in old if i.item_id not in known or resumed_at is None or i.received_at > resumed_at]
        reading = reading.after(len(counted), len(new), old[-1].received_at)
        await world.runs.note_archive_reading(reading)
        await world.background_jobs.save(_job(reading))
        if world.clock() - began > SLICE:
            session.run.more = True
            return
    await world.background_jobs.save(_job(reading, JobState.DONE))
    await world.runs.end_archive_reading(address)


def _job(reading: ArchiveReading, state: JobState = JobState.RUNNING) -> BackgroundJob:
    done = reading.total if state is JobState.DONE else reading.done
    counts = (("new", reading.new),)
    return BackgroundJob(reading.job_id, READ_ARCHIVE, state, reading.started_at, reading.total, done, counts)
