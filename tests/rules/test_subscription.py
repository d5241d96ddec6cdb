"""When a subscription to change notifications is renewed."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.mail.subscription import LIFETIME, Subscription

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "is_due"),
    [
        (LIFETIME, False),
        (timedelta(days=4), False),
        (timedelta(days=4, microseconds=-1), True),
        (timedelta(0), True),
        (timedelta(days=-1), True),
    ],
)
def test_a_subscription_is_renewed_while_days_are_left(left: timedelta, is_due: bool) -> None:
    assert Subscription("id", "log@nordurljos.example", "state", NOW + left).is_due(NOW) is is_due
