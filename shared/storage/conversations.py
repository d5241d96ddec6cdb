"""Conversations whose later messages belong to an opportunity.

A row for each, and a summary of them all: the first digits of their keys. Whoever logs messages reads the summary, and
then those conversations only that may be among them. The summary never says no wrongly, and is never shortened: where
most digits are taken, each conversation is looked for, which is what it would cost without a summary.
"""

from collections.abc import Iterable
from contextlib import suppress

from shared.errors import Stale
from shared.mail.message_key import digest
from shared.storage.tables import Tables

TABLE = "conversations"
_ROW = "opportunity"
_SUMMARY = ("attached", "summary")
_DIGITS = 3
"""Hexadecimal: of 400 attached conversations, a stranger is taken for one of them once in ten times."""


class ConversationStore:
    """Implements `ports.Conversations`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def attach(self, conversation_id: str, opportunity_no: str) -> None:
        """Notes the opportunity of later messages, instead of another one."""
        key = digest(conversation_id)
        await self._tables.put(TABLE, {"PartitionKey": key, "RowKey": _ROW, "opportunity_no": opportunity_no})
        await self._add_to_summary(key[:_DIGITS])

    async def detach(self, conversation_id: str, opportunity_no: str) -> None:
        """Later messages belong to this opportunity no longer. Another one that they may belong to stays."""
        key = digest(conversation_id)
        row = await self._tables.get(TABLE, key, _ROW)
        if row and row["opportunity_no"] == opportunity_no:
            with suppress(Stale):  # it has been attached anew in this moment
                await self._tables.delete(TABLE, key, _ROW, etag=row["etag"])

    async def attached(self, conversation_ids: Iterable[str]) -> dict[str, str]:
        """Opportunity numbers by conversation; those that are attached to none are left out."""
        keys = {digest(conversation_id): conversation_id for conversation_id in conversation_ids}
        if not keys:
            return {}
        row = await self._tables.get(TABLE, *_SUMMARY)
        noted = row["digits"].split() if row else []
        found = await self._tables.get_all(TABLE, [(key, _ROW) for key in keys if key[:_DIGITS] in noted])
        return {keys[key]: row["opportunity_no"] for (key, _), row in found.items()}

    async def _add_to_summary(self, digits: str) -> None:
        partition, row_key = _SUMMARY
        while True:
            row = await self._tables.get(TABLE, partition, row_key)
            noted = row["digits"].split() if row else []
            if digits in noted:
                return
            more = {"PartitionKey": partition, "RowKey": row_key, "digits": " ".join([*noted, digits])}
            try:
                if not row:
                    if await self._tables.insert(TABLE, more):
                        return
                else:
                    await self._tables.replace(TABLE, more, row["etag"])
                    return
            except Stale:
                continue
