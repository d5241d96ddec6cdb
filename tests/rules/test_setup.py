"""The setup: what is missing, when a run is due, and days in its time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.setup import EmailLoggingSetup

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ZONES = ["UTC", "Atlantic/Reykjavik", "Europe/London", "America/New_York", "America/Havana", "Asia/Beirut",
         "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"]  # fmt: skip


@pytest.mark.parametrize(
    ("mailboxes", "client_id", "missing"),
    [
        ((), "", ("mailboxes", "clientId")),
        (("log@nordurljos.example",), "", ("clientId",)),
        ((), "client", ("mailboxes",)),
        (("log@nordurljos.example",), "client", ()),
    ],
)
def test_a_mailbox_and_a_client_id_must_be_filled(
    mailboxes: tuple[str, ...], client_id: str, missing: tuple[str, ...]
) -> None:
    assert EmailLoggingSetup(mailboxes=mailboxes, client_id=client_id).missing == missing


@pytest.mark.parametrize(
    ("every", "ago", "is_due"),
    [
        (1, timedelta(seconds=29), False),
        (1, timedelta(seconds=30), True),
        (1, timedelta(seconds=60), True),
        (5, timedelta(minutes=4), False),
        (5, timedelta(minutes=4, seconds=29), False),
        (5, timedelta(minutes=4, seconds=30), True),
        (5, timedelta(minutes=5, seconds=-2), True),
        (60, timedelta(minutes=59), False),
        (60, timedelta(days=1), True),
        (1, timedelta(minutes=-5), False),
    ],
)
def test_a_run_is_due_half_a_minute_early_because_ticks_are_uneven(every: int, ago: timedelta, is_due: bool) -> None:
    assert EmailLoggingSetup(run_every_minutes=every).is_due(NOON - ago, NOON) is is_due


def test_the_first_run_is_due_at_once() -> None:
    assert EmailLoggingSetup(run_every_minutes=1440).is_due(None, NOON)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        ("Europe/London", datetime(2026, 7, 1, 23, 0, tzinfo=UTC), date(2026, 7, 2)),  # summer time
        ("Europe/London", datetime(2026, 12, 1, 23, 0, tzinfo=UTC), date(2026, 12, 1)),
        ("America/New_York", datetime(2026, 7, 2, 3, 59, tzinfo=UTC), date(2026, 7, 1)),
        ("Pacific/Kiritimati", datetime(2026, 7, 1, 10, 0, tzinfo=UTC), date(2026, 7, 2)),
        ("Asia/Kathmandu", datetime(2026, 7, 1, 18, 15, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_the_date_of_a_moment_is_the_one_on_the_setups_calendar(zone: str, moment: datetime, day: date) -> None:
    assert EmailLoggingSetup(time_zone=zone).local_date(moment) == day


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", date(2026, 7, 1), datetime(2026, 7, 1, tzinfo=UTC)),
        ("Atlantic/Reykjavik", date(2026, 7, 1), datetime(2026, 7, 1, tzinfo=UTC)),
        ("Europe/London", date(2026, 3, 29), datetime(2026, 3, 29, tzinfo=UTC)),  # the clock goes forward at one
        ("Europe/London", date(2026, 3, 30), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),  # back at two
        ("America/New_York", date(2026, 11, 2), datetime(2026, 11, 2, 5, tzinfo=UTC)),
        ("Asia/Beirut", date(2024, 3, 31), datetime(2024, 3, 30, 22, tzinfo=UTC)),  # this day begins at one o'clock
        ("America/Havana", date(2025, 11, 2), datetime(2025, 11, 2, 4, tzinfo=UTC)),  # midnight comes twice
    ],
)
def test_a_day_begins_at_the_setups_midnight(zone: str, day: date, begins: datetime) -> None:
    assert EmailLoggingSetup(time_zone=zone).start_of(day) == begins


@given(st.sampled_from(ZONES), st.dates(date(2015, 1, 1), date(2040, 1, 1)))
def test_a_day_begins_where_the_one_before_ends(zone: str, day: date) -> None:
    setup = EmailLoggingSetup(time_zone=zone)
    begins = setup.start_of(day)
    assert setup.local_date(begins) == day
    assert setup.local_date(begins - timedelta(microseconds=1)) == day - timedelta(days=1)
