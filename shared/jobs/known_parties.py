"""Who has which address, remembered for the length of a run: the same people write again and again."""

from collections.abc import Set as AbstractSet

from shared.jobs.ports import Directory
from shared.mail.matching import Party

REMEMBERED = 5_000
"""Addresses. Then it begins anew, so that memory does not grow with what waits."""


class KnownParties:
    """What it does not know any more is put right when held messages are looked at again: see `settle_messages`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known: dict[str, Party | None] = {}

    async def find(self, addresses: AbstractSet[str]) -> dict[str, Party]:
        """By address; those that nobody has are left out."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        if missing := addresses - self._known.keys():
            found = await self._directory.parties(missing)
            self._known |= {address: found.get(address) for address in missing}
        return {address: party for address in addresses if (party := self._known[address])}
