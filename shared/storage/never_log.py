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
        rules = [from_columns(NeverLogRule, row) async for row in self._tables.partition(TABLE, _PARTITION)]
        return sorted(rules, key=lambda rule: (rule.created_at, rule.id))

    async def get(self, rule_id: str) -> NeverLogRule:
        """One rule. Raises NotFound."""
        row = await self._tables.get(TABLE, _PARTITION, rule_id)
        if row is None:
            raise NotFound("There is no such never-log rule.")
        return from_columns(NeverLogRule, row)

    async def add(self, rule: NeverLogRule) -> NeverLogRule:
        """Keeps a rule."""
        await self._tables.put(TABLE, {**to_columns(rule), "PartitionKey": _PARTITION, "RowKey": rule.id})
        return await self.get(rule.id)

    async def remove(self, rule_id: str) -> None:
        """Removes a rule. Raises NotFound."""
        await self.get(rule_id)
        await self._tables.delete(TABLE, _PARTITION, rule_id)
