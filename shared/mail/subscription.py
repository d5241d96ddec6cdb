"""A change notification that Graph has agreed to send us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(days=6)
"""What we ask for. Graph gives Outlook messages less than seven days."""
RENEWED_BEFORE = timedelta(days=4)
"""Renewed while so much is left: days of trouble go by before notifications end."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One item of what Graph sends. `lifecycle` is "" for a change, else Graph's word for what has happened."""

    subscription_id: str
    client_state: str
    lifecycle: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`client_state` comes back with each notification and shows that it is Graph that sends it."""

    id: str
    mailbox: str
    client_state: str
    expires_at: datetime
    etag: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return self.expires_at - now < RENEWED_BEFORE
