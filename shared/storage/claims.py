"""Claims on mails: a row for each mail names the item that owns it.

All mails with one Internet Message-ID stand beside each other, after a row that says which of them had it first: so a
forged one is seen at once. The partition is the first sign of the Message-ID's digest, so that the mails of a page
share a few transactions.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from shared.errors import Stale
from shared.mail.decision import Claim
from shared.mail.message import Message
from shared.mail.message_key import item_key, mail_key, message_id_key
from shared.storage.keys import ledger_key
from shared.storage.tables import Row, Tables

TABLE = "messageclaims"
LEDGER = "messages"
CLAIM_LASTS = timedelta(minutes=5)
"""How long a claim counts without a plan: longer than it takes a worker to get from the one to the other."""

type _Key = tuple[str, str]


class Claims:
    """The part of the ledger that knows which item owns a mail."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def claim(self, messages: Sequence[Message], now: datetime) -> dict[str, Claim]:
        """Claims each message's mail for its item, and says by item id who owns it."""
        wanted: dict[_Key, Row] = {}
        for message in messages:
            for row in _rows(message, now):
                wanted.setdefault((row["PartitionKey"], row["RowKey"]), row)
        written = await self._tables.insert_all(TABLE, wanted.values())
        found = wanted | await self._tables.get_all(TABLE, wanted.keys() - written.keys())
        undecided = await self._undecided(messages, found)
        claims: dict[str, Claim] = {}
        for message in messages:
            first, mine = _rows(message, now)
            owner = found[_key(mine)]
            if _key(mine) in undecided:
                owner = await self._take_over(owner, mine, now)
            claims[message.item_id] = Claim(
                owner["item_id"],
                collides=found[_key(first)]["mail"] != first["mail"],
                decided=_key(mine) not in undecided or owner["item_id"] == message.item_id,
            )
        return claims

    async def _undecided(self, messages: Sequence[Message], found: Mapping[_Key, Row]) -> Collection[_Key]:
        """Claims of other items that have no plan: whoever made them is at it still, or died."""
        ours = {message.item_id for message in messages}
        theirs = {
            key: ledger_key(row["row_id"])
            for key, row in found.items()
            if "row_id" in row and row["item_id"] not in ours
        }
        planned = await self._tables.get_all(LEDGER, theirs.values())
        return {key for key, plan in theirs.items() if plan not in planned}

    async def _take_over(self, theirs: Row, mine: Row, now: datetime) -> Row:
        """The claim of a worker that died counts for a while, then the mail is ours."""
        if now - datetime.fromisoformat(theirs["claimed_at"]) < CLAIM_LASTS:
            return theirs
        try:
            await self._tables.replace(TABLE, mine, theirs["etag"])
        except Stale:
            return theirs  # somebody else took it over; the next run sees whose it is
        return mine


def _rows(message: Message, now: datetime) -> tuple[Row, Row]:
    """Which mail has its Message-ID first, if it is this one; and whose the mail is."""
    name, mail = message_id_key(message), mail_key(message)
    claim = {
        "item_id": message.item_id,
        "row_id": item_key(message.mailbox, message.item_id, message.received_at),
        "claimed_at": now.isoformat(),
    }
    return (
        {"PartitionKey": name[:1], "RowKey": f"{name}-first", "mail": mail},
        {"PartitionKey": name[:1], "RowKey": f"{name}-{mail}", **claim},
    )


def _key(row: Row) -> _Key:
    return row["PartitionKey"], row["RowKey"]
