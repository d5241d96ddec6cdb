"""What is known of the runs on each mailbox: who is at it now (the lease), how it went, and the activity log."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import Stale
from shared.mail.archive_reading import ArchiveReading
from shared.mail.message_key import digest
from shared.mail.runs import Activity, Lease, MailboxStatus
from shared.paging import Page, Place
from shared.storage.columns import from_columns, to_columns
from shared.storage.keys import month_bucket, newest_first
from shared.storage.lists import Lists
from shared.storage.tables import Tables

TABLE = "mailboxes"
ACTIVITY = "activity"
LEASE_LASTS = timedelta(seconds=60)
"""How long a lease counts without being renewed. A run renews it three times in that time."""


class RunStore:
    """Implements `ports.Runs`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._activity = Lists(tables, ACTIVITY)

    async def take_lease(self, mailbox: str, owner: str, now: datetime) -> Lease | None:
        """The lease, or None when somebody else has it."""
        lease = Lease(mailbox, owner, now + LEASE_LASTS)
        row = await self._tables.get(TABLE, digest(mailbox), "lease")
        if row is None:
            return await self._reread(lease) if await self._tables.insert(TABLE, _lease_row(lease)) else None
        held = from_columns(Lease, row)
        if held.until > now and held.owner != owner:
            return None
        return await self._replace(lease, held.etag)

    async def renew_lease(self, lease: Lease, now: datetime) -> Lease | None:
        """The lease with more time, or None when it was lost."""
        return await self._replace(replace(lease, until=now + LEASE_LASTS), lease.etag)

    async def release_lease(self, lease: Lease, now: datetime) -> None:
        """Lets the next worker in at once. A lease that was lost is somebody else's to release."""
        await self._replace(replace(lease, until=now), lease.etag)

    async def knock(self, mailbox: str, now: datetime) -> None:
        """Notes that somebody wanted the lease while another worker had it."""
        await self._tables.put(TABLE, {"PartitionKey": digest(mailbox), "RowKey": "knock", "at": now.isoformat()})

    async def last_knock(self, mailbox: str) -> datetime | None:
        """When somebody last wanted the lease in vain."""
        row = await self._tables.get(TABLE, digest(mailbox), "knock")
        return datetime.fromisoformat(row["at"]) if row else None

    async def begin_archive_reading(self, reading: ArchiveReading) -> bool:
        """False when the mailbox's Archive is being read already."""
        return await self._tables.insert(TABLE, _reading_row(reading))

    async def archive_reading(self, mailbox: str) -> ArchiveReading | None:
        """What is to be read of the mailbox's Archive, where somebody asked for that."""
        row = await self._tables.get(TABLE, digest(mailbox), "archive")
        return from_columns(ArchiveReading, row) if row else None

    async def note_archive_reading(self, reading: ArchiveReading) -> None:
        """How far it has come."""
        await self._tables.put(TABLE, _reading_row(reading))

    async def end_archive_reading(self, mailbox: str) -> None:
        """Everything is read."""
        await self._tables.delete(TABLE, digest(mailbox), "archive")

    async def begin_sweeping(self, mailbox: str, since: datetime) -> None:
        """Notes from when on Archive is looked through, in a mailbox that had no run yet."""
        await self._tables.insert(TABLE, _status_row(mailbox, MailboxStatus(swept_until=since)))

    async def status(self, mailbox: str) -> MailboxStatus:
        """How the last runs went."""
        row = await self._tables.get(TABLE, digest(mailbox), "status")
        return from_columns(MailboxStatus, row) if row else MailboxStatus()

    async def record(self, activity: Activity) -> None:
        """Notes how a run went. One that did nothing, as the one before it, leaves no line in the activity log."""
        counted = Counter(dict(activity.outcomes))
        before = await self.status(activity.mailbox)
        error = activity.message if activity.failed else ""
        after = before.after_run(activity.ended_at, error, counted, activity.swept_until)
        await self._tables.put(TABLE, _status_row(activity.mailbox, after))
        if counted or error != before.last_error:
            ended = activity.ended_at
            row_key = newest_first(ended) + digest(activity.mailbox, length=8)
            await self._activity.insert([Lists.row("all", month_bucket(ended), row_key, to_columns(activity))])

    async def activity(self, start: Place | None, limit: int) -> Page[Activity]:
        """The activity log, newest first."""
        page = await self._activity.page("all", start, limit)
        return Page(tuple(from_columns(Activity, row) for row in page.items), page.next)

    async def _replace(self, lease: Lease, etag: str) -> Lease | None:
        try:
            return replace(lease, etag=await self._tables.replace(TABLE, _lease_row(lease), etag))
        except Stale:
            return await self._reread(lease)

    async def _reread(self, lease: Lease) -> Lease | None:
        """The answer to a write can be lost; when it is repeated, the lease is there, and it is ours."""
        row = await self._tables.get(TABLE, digest(lease.mailbox), "lease")
        return from_columns(Lease, row) if row and row["owner"] == lease.owner else None


def _lease_row(lease: Lease) -> dict[str, object]:
    return {**to_columns(lease), "PartitionKey": digest(lease.mailbox), "RowKey": "lease"}


def _status_row(mailbox: str, status: MailboxStatus) -> dict[str, object]:
    return {**to_columns(status), "PartitionKey": digest(mailbox), "RowKey": "status"}


def _reading_row(reading: ArchiveReading) -> dict[str, object]:
    return {**to_columns(reading), "PartitionKey": digest(reading.mailbox), "RowKey": "archive"}
