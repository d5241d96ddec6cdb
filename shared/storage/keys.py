"""Keys: how times, numbers and names become PartitionKeys and RowKeys that sort as the lists are read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.mail.message_key import digest
from shared.storage.lists import WHOLE, Bounds

_END = datetime.max.replace(tzinfo=UTC)
"""The last moment of the calendar: with it, all moments of one millisecond have the same key."""
_AFTER_IDS = "~"
"""Sorts after every id."""
PREFIX_LENGTH = 5
"""Characters of a number that name its bucket: of a series such as CT000001, a thousand to a bucket."""


def newest_first(moment: datetime) -> str:
    """Text that sorts later moments first: the milliseconds left until the end of the calendar."""
    return f"{(_END - moment) // timedelta(milliseconds=1):015d}"


def month_bucket(moment: datetime) -> str:
    """A month (UTC), later ones first."""
    return f"{999912 - (moment.astimezone(UTC).year * 100 + moment.astimezone(UTC).month):06d}"


def year_bucket(moment: datetime) -> str:
    """A year (UTC), later ones first."""
    return f"{9999 - moment.astimezone(UTC).year:04d}"


def uncut(_moment: datetime) -> str:
    """For a list that comes to an end, as a conversation does."""
    return WHOLE


def number_key(number: str) -> str:
    """Numbers and codes are the same whatever their case, as in Business Central."""
    return number.upper()


def number_bucket(number: str) -> str:
    """The bucket of a number in a directory. Sorts as the numbers do."""
    return number_key(number)[:PREFIX_LENGTH]


def list_key(name: str, value: str = "") -> str:
    """Name of a list, such as all entries, or those of one contact. The value may hold any character."""
    return f"{name}-{digest(value.upper())}" if value else name


def time_bounds(since: datetime | None, until: datetime | None, bucket: Callable[[datetime], str]) -> Bounds:
    """The part of a newest-first list with `since` <= time < `until`. Row keys are `newest_first` and an id."""
    return Bounds(
        first=bucket(until) if until else WHOLE if bucket is uncut else "",
        last=bucket(since) if since else "",
        after=newest_first(until) + _AFTER_IDS if until else "",
        below=newest_first(since) + _AFTER_IDS if since else "",
    )


def ledger_key(row_id: str) -> tuple[str, str]:
    """Where the ledger's row with this id stands: items that came on one day share a partition."""
    partition, _, item = row_id.rpartition("-")
    return partition, item
