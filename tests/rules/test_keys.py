"""Keys sort as the lists are read."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.storage.keys import (
    list_key,
    month_bucket,
    newest_first,
    number_bucket,
    number_key,
    time_bounds,
    uncut,
    year_bucket,
)

MOMENTS = st.datetimes(timezones=st.just(UTC))
MILLISECOND = timedelta(milliseconds=1)
IDS = st.text("0123456789abcdef", min_size=1, max_size=4)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(
    lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)
)
RECENT = st.datetimes(datetime(2019, 12, 30), datetime(2031, 1, 3), timezones=st.just(UTC))  # noqa: DTZ001
BUCKETS = {"month": month_bucket, "year": year_bucket, "uncut": uncut}


@given(MOMENTS, MOMENTS)
@example(datetime.max.replace(tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
@example(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
def test_later_moments_sort_first_and_keys_have_one_length(one: datetime, other: datetime) -> None:
    assert len(newest_first(one)) == len(newest_first(other)) == 15
    earlier, later = sorted((one, other))
    assert newest_first(later) <= newest_first(earlier)
    if later - earlier >= MILLISECOND:
        assert newest_first(later) < newest_first(earlier)


@given(MOMENTS, MOMENTS)
def test_buckets_sort_later_months_and_years_first(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert month_bucket(later) <= month_bucket(earlier)
    assert year_bucket(later) <= year_bucket(earlier)
    assert (month_bucket(later) == month_bucket(earlier)) == (
        (later.year, later.month) == (earlier.year, earlier.month)
    )
    assert (year_bucket(later) == year_bucket(earlier)) == (later.year == earlier.year)
    assert (len(month_bucket(one)), len(year_bucket(one))) == (6, 4)


def test_buckets_are_cut_in_utc() -> None:
    new_year_in_auckland = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=13)))
    assert month_bucket(new_year_in_auckland) == month_bucket(datetime(2026, 12, 31, tzinfo=UTC))
    assert year_bucket(new_year_in_auckland) == year_bucket(datetime(2026, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize("cut", BUCKETS)
@given(moment=RECENT, entry_id=IDS, since=st.none() | DAYS, until=st.none() | DAYS)
@example(moment=datetime(2026, 3, 1, tzinfo=UTC), entry_id="f", since=datetime(2026, 3, 1, tzinfo=UTC), until=None)
@example(moment=datetime(2026, 3, 1, tzinfo=UTC), entry_id="f", since=None, until=datetime(2026, 3, 1, tzinfo=UTC))
@example(
    moment=datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
    entry_id="0",
    since=datetime(2026, 2, 1, tzinfo=UTC),
    until=datetime(2026, 3, 1, tzinfo=UTC),
)
@example(
    moment=datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
    entry_id="0",
    since=datetime(2026, 3, 1, tzinfo=UTC),
    until=None,
)
def test_bounds_hold_exactly_the_rows_from_since_to_before_until(
    cut: str, moment: datetime, entry_id: str, since: datetime | None, until: datetime | None
) -> None:
    bucket = BUCKETS[cut]
    bounds = time_bounds(since, until, bucket)
    row_key = newest_first(moment) + entry_id
    is_read = (
        (not bounds.first or bucket(moment) >= bounds.first)
        and (not bounds.last or bucket(moment) <= bounds.last)
        and row_key > bounds.after
        and (not bounds.below or row_key < bounds.below)
    )
    assert is_read == ((since is None or since <= moment) and (until is None or moment < until))


@pytest.mark.parametrize(
    ("number", "key", "bucket"),
    [("CT000001", "CT000001", "CT000"), ("ct012345", "CT012345", "CT012"), ("ak", "AK", "AK"), ("þór", "ÞÓR", "ÞÓR")],
)
def test_numbers_are_the_same_whatever_their_case(number: str, key: str, bucket: str) -> None:
    assert (number_key(number), number_bucket(number)) == (key, bucket)


@given(st.text(), st.text())
def test_buckets_of_numbers_sort_as_the_numbers_do(one: str, other: str) -> None:
    smaller, larger = sorted((number_key(one), number_key(other)))
    assert number_bucket(smaller) <= number_bucket(larger)


@given(st.text(min_size=1))
def test_the_name_of_a_list_is_fit_for_a_key_whatever_the_value_is(value: str) -> None:
    name = list_key("contact_no", value)
    assert name.removeprefix("contact_no-").isalnum()
    assert len(name) == len("contact_no-") + 32
    assert name == list_key("contact_no", value.upper())


def test_the_list_of_everything_has_no_value() -> None:
    assert list_key("all") == "all"
    assert list_key("contact_no", "CT1") != list_key("company_no", "CT1")
