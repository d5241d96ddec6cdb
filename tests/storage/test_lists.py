"""Lists in order, a page at a time, over buckets: whole, once, and within bounds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.paging import Page, Place
from shared.storage.keys import month_bucket, newest_first, number_bucket, time_bounds, uncut
from shared.storage.lists import EVERYTHING, SCANNED_ROWS, WHOLE, Bounds, Lists
from shared.storage.tables import Row, Tables

TABLE = "lists"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def lists(tables: Tables) -> Lists:
    return Lists(tables, TABLE)


def a_row(number: int, name: str = "all") -> Row:
    """One each tenth day, and so three in a month, or four."""
    at = FIRST + timedelta(days=10 * number)
    return Lists.row(name, month_bucket(at), f"{newest_first(at)}{number:03d}", {"number": number})


def numbers(page: Page[Row]) -> list[int]:
    return [row["number"] for row in page.items]


async def walk(
    lists: Lists, limit: int, keep: Callable[[Row], bool] = lambda _: True, bounds: Bounds = EVERYTHING
) -> list[list[int]]:
    """Every page, from the first to the last."""
    pages = [await lists.page("all", None, limit, keep=keep, bounds=bounds)]
    while pages[-1].next:
        pages.append(await lists.page("all", pages[-1].next, limit, keep=keep, bounds=bounds))
    return [numbers(page) for page in pages]


async def test_a_list_without_rows_is_one_empty_page(lists: Lists) -> None:
    assert await lists.page("all", None, 10) == Page((), None)


@pytest.mark.parametrize("limit", [1, 2, 7, 39, 40, 41, 200])
async def test_pages_hold_every_row_once_newest_first_across_buckets(lists: Lists, limit: int) -> None:
    await lists.put(a_row(number) for number in range(40))

    pages = await walk(lists, limit)

    assert [number for page in pages for number in page] == list(reversed(range(40)))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages) == -(-40 // limit), "no empty page at the end"


async def test_lists_of_one_table_do_not_mix(lists: Lists) -> None:
    await lists.put([a_row(1, "all"), a_row(2, "contact-1"), a_row(3, "contact-12")])

    for name, number in (("all", 1), ("contact-1", 2), ("contact-12", 3)):
        assert numbers(await lists.page(name, None, 10)) == [number]


async def test_a_row_that_comes_meanwhile_moves_no_other_to_another_page(lists: Lists) -> None:
    await lists.put(a_row(number) for number in range(10))
    first = await lists.page("all", None, 4)

    await lists.put([a_row(10), a_row(11)])
    await lists.remove([a_row(7)])

    assert numbers(first) == [9, 8, 7, 6]
    assert numbers(await lists.page("all", first.next, 4)) == [5, 4, 3, 2]


async def test_a_place_whose_row_or_bucket_is_gone_still_leads_on(lists: Lists) -> None:
    await lists.put(a_row(number) for number in range(10))
    first = await lists.page("all", None, 4)

    await lists.remove(a_row(number) for number in range(4, 10))

    assert numbers(await lists.page("all", first.next, 10)) == [3, 2, 1, 0]


async def test_inserting_leaves_rows_that_are_there_as_they_are(lists: Lists) -> None:
    await lists.put([a_row(1)])

    existing = await lists.insert([{**a_row(1), "number": 99}, a_row(2)])

    assert existing == {(a_row(1)["PartitionKey"], a_row(1)["RowKey"])}
    assert numbers(await lists.page("all", None, 10)) == [2, 1]


async def test_a_worker_that_starts_later_finds_the_buckets_of_others(tables: Tables, lists: Lists) -> None:
    await lists.put([a_row(0)])
    other = Lists(tables, TABLE)
    await other.put([a_row(20)])

    assert numbers(await lists.page("all", None, 10)) == [20, 0]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, None, range(40)),
        (FIRST + timedelta(days=100), None, range(10, 40)),
        (None, FIRST + timedelta(days=100), range(10)),
        (FIRST + timedelta(days=95), FIRST + timedelta(days=205), range(10, 21)),
        (FIRST + timedelta(days=100), FIRST + timedelta(days=101), range(10, 11)),
        (FIRST + timedelta(days=101), FIRST + timedelta(days=102), range(0)),
        (FIRST + timedelta(days=102), FIRST + timedelta(days=101), range(0)),
        (FIRST + timedelta(days=4000), None, range(0)),
        (None, FIRST - timedelta(days=4000), range(0)),
    ],
)
@pytest.mark.parametrize("limit", [3, 100])
async def test_bounds_take_what_came_since_and_leave_what_came_at_the_end(
    lists: Lists, since: datetime | None, until: datetime | None, found: range, limit: int
) -> None:
    await lists.put(a_row(number) for number in range(40))

    pages = await walk(lists, limit, bounds=time_bounds(since, until, month_bucket))

    assert [number for page in pages for number in page] == list(reversed(found))


async def test_a_filter_that_passes_over_many_reads_so_many_rows_and_leads_on(lists: Lists) -> None:
    rows = 2 * SCANNED_ROWS + 100
    at = FIRST
    await lists.put(
        Lists.row("all", month_bucket(at), f"{newest_first(at)}{number:06d}", {"number": number})
        for number in range(rows)
    )

    pages = await walk(lists, 10, keep=lambda row: row["number"] == rows - 1)

    assert pages == [[], [], [rows - 1]], "two short pages, each with a place to go on from"


async def test_a_filter_fills_pages_across_buckets(lists: Lists) -> None:
    await lists.put(a_row(number) for number in range(40))

    pages = await walk(lists, 4, keep=lambda row: row["number"] % 3 == 0)

    assert pages == [[39, 36, 33, 30], [27, 24, 21, 18], [15, 12, 9, 6], [3, 0]]


async def test_a_list_that_is_not_cut_has_one_bucket(lists: Lists) -> None:
    await lists.put(
        Lists.row("all", uncut(FIRST), newest_first(FIRST + timedelta(days=number)), {"number": number})
        for number in range(5)
    )
    bounds = time_bounds(None, None, uncut)

    assert bounds.first == WHOLE
    assert await walk(lists, 2, bounds=bounds) == [[4, 3], [2, 1], [0]]
    assert await walk(lists, 2, bounds=time_bounds(FIRST + timedelta(days=1), FIRST + timedelta(days=3), uncut)) == [
        [2, 1]
    ]


async def test_numbers_come_in_their_order_across_buckets(lists: Lists) -> None:
    names = ["10000", "C1", "C10", "CT000001", "CT000999", "CT001000", "CT900000", "D", "ÞÓR"]
    await lists.put(Lists.row("all", number_bucket(name), name, {"number": name}) for name in reversed(names))

    pages = [await lists.page("all", None, 2)]
    while place := pages[-1].next:
        pages.append(await lists.page("all", place, 2))

    assert [row["number"] for page in pages for row in page.items] == names


async def test_a_place_in_no_bucket_begins_after_it(lists: Lists) -> None:
    await lists.put(a_row(number) for number in range(6))
    between = Place(month_bucket(FIRST + timedelta(days=40)), newest_first(FIRST + timedelta(days=35)))

    assert numbers(await lists.page("all", between, 10)) == [3, 2, 1, 0]
