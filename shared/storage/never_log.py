"""Never-log rules: a partition of them."""

from shared.errors import NotFound
from shared.mail.never_log import NeverLogRule
from shared.storage.columns import from_columns, to_columns
from shared.storage.tables import Tables

TABLE = "neverlog"
_PARTITION = "rules"


class NeverLogStore:
    """Implements `ports.NeverLogRules`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def all(self) -> list[NeverLogRule]:
        """Every rule, oldest first."""
        return [from_columns(NeverLogRule, row) async for row in self._tables.partition(TABLE, _PARTITION)]

    async def add(self, rule: NeverLogRule) -> NeverLogRule:
        """Keeps a rule; the same rule twice is kept once."""
        await self._tables.put(TABLE, {**to_columns(rule), "PartitionKey": _PARTITION, "RowKey": rule.id})
        return rule

    async def remove(self, rule_id: str) -> None:
        """Removes a rule. Raises NotFound."""
        if await self._tables.get(TABLE, _PARTITION, rule_id) is None:
            raise NotFound("There is no such never-log rule.")
        await self._tables.delete(TABLE, _PARTITION, rule_id)
