"""Background jobs: the job's row, the file that it works on, and what was wrong with which line.

The file is kept in the job's own partition, compressed and in pieces: a queue message is too small for it, and it is
deleted when the job is done.
"""

import zlib
from collections.abc import Iterable
from itertools import batched

from shared.errors import NotFound
from shared.sales.background_job import BackgroundJob, JobError
from shared.storage.columns import from_columns, to_columns
from shared.storage.tables import Tables

TABLE = "jobs"
SHOWN_ERRORS = 1000
"""Errors that are shown of one job, the first ones. `counts` has the number of all."""
_PIECE = 60_000
"""Bytes in one binary column; the service takes 65,536."""
_PIECES_IN_ROW = 15
"""Pieces in one row, which may have 1 MiB."""


class BackgroundJobStore:
    """Implements `ports.BackgroundJobs`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, job: BackgroundJob, file: bytes) -> None:
        """Keeps the file, then the job: a job that can be seen can be worked on."""
        pieces = [bytes(piece) for piece in batched(zlib.compress(file), _PIECE, strict=False)]
        for index, some in enumerate(batched(pieces, _PIECES_IN_ROW, strict=False)):
            columns = {f"piece{number:02d}": piece for number, piece in enumerate(some)}
            await self._tables.put(TABLE, {**columns, "PartitionKey": job.id, "RowKey": f"file-{index:04d}"})
        await self.save(job)

    async def get(self, job_id: str) -> BackgroundJob:
        """One job. Raises NotFound."""
        row = await self._tables.get(TABLE, job_id, "job")
        if row is None:
            raise NotFound("There is no such job.")
        return from_columns(BackgroundJob, row)

    async def file(self, job_id: str) -> bytes:
        """The file that the job works on."""
        compressed = b""
        after = "file-"
        # Row by row: a range of them would be an answer of many megabytes.
        while rows := await self._tables.range(TABLE, job_id, after=after, below="file-~", limit=1):
            row = rows[0]
            compressed += b"".join(row[name] for name in sorted(row) if name.startswith("piece"))
            after = row["RowKey"]
        return zlib.decompress(compressed)

    async def save(self, job: BackgroundJob, errors: Iterable[JobError] = ()) -> None:
        """Notes how far the job has come, and what was wrong with which lines. Saying it twice changes nothing."""
        rows = [{**to_columns(error), "PartitionKey": job.id, "RowKey": f"error-{error.line:09d}"} for error in errors]
        await self._tables.put_all(TABLE, rows)
        await self._tables.put(TABLE, {**to_columns(job), "PartitionKey": job.id, "RowKey": "job"})

    async def errors(self, job_id: str) -> tuple[JobError, ...]:
        """The first errors, by line."""
        rows = await self._tables.range(TABLE, job_id, after="error-", below="error-~", limit=SHOWN_ERRORS)
        return tuple(from_columns(JobError, row) for row in rows)

    async def drop_file(self, job_id: str) -> None:
        """Deletes the file. The job and its errors stay."""
        keys = [
            (job_id, row["RowKey"])
            for row in await self._tables.range(TABLE, job_id, after="file-", below="file-~", limit=100)
        ]
        await self._tables.delete_all(TABLE, keys)
