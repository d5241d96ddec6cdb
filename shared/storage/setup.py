"""The Email Logging setup: one row."""

from shared.errors import Stale
from shared.mail.setup import EmailLoggingSetup
from shared.storage.columns import from_columns, to_columns
from shared.storage.tables import Tables

TABLE = "setup"
_KEY = ("setup", "setup")


class SetupStore:
    """Implements `ports.Setups`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self) -> EmailLoggingSetup:
        """The setup; before anybody has made one, an empty one without etag."""
        row = await self._tables.get(TABLE, *_KEY)
        return from_columns(EmailLoggingSetup, row) if row else EmailLoggingSetup()

    async def change(self, before: EmailLoggingSetup, after: EmailLoggingSetup) -> EmailLoggingSetup:
        """Writes a setup that still is as `before`. Raises Stale."""
        row = {**to_columns(after), "PartitionKey": _KEY[0], "RowKey": _KEY[1]}
        if before.etag:
            await self._tables.replace(TABLE, row, before.etag)
        elif not await self._tables.insert(TABLE, row):
            raise Stale
        return await self.get()
