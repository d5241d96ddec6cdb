"""What Tables promises, held against real storage."""

import pytest

from shared.errors import Stale
from shared.storage.tables import CONFLICTS, TRANSACTION_SIZE, Row, Tables

TABLE = "things"
ODD_KEYS = ["it's", "a b", "ð", "100%", "a+b&c=d", "(x)", "~"]


def thing(key: str, partition: str = "p", **values: object) -> Row:
    return {"PartitionKey": partition, "RowKey": key, **values}


def keys(rows: list[Row]) -> list[str]:
    return [row["RowKey"] for row in rows]


async def test_a_row_that_is_there_is_neither_inserted_nor_changed(tables: Tables) -> None:
    assert await tables.insert(TABLE, thing("a", value=1)) is True
    assert await tables.insert(TABLE, thing("a", value=2)) is False

    stored = await tables.get(TABLE, "p", "a")

    assert stored is not None
    assert stored["value"] == 1
    assert await tables.get(TABLE, "p", "b") is None


async def test_inserting_many_says_which_were_there_and_writes_the_others(tables: Tables) -> None:
    count = TRANSACTION_SIZE + 5
    await tables.insert_all(TABLE, [thing("0003", value="old"), thing("0104", value="old"), thing("0001", "q")])

    written = await tables.insert_all(TABLE, [thing(f"{n:04}", value="new") for n in range(count)])

    rows = {row["RowKey"]: row for row in await tables.range(TABLE, "p")}
    assert len(rows) == count
    assert {key for key, row in rows.items() if row["value"] == "old"} == {"0003", "0104"}
    assert written == {("p", key): row["etag"] for key, row in rows.items() if row["value"] == "new"}


@pytest.mark.parametrize("there", [1, CONFLICTS, CONFLICTS + 2])
async def test_however_many_are_there_the_others_are_written(tables: Tables, there: int) -> None:
    await tables.insert_all(TABLE, [thing(f"{n}", value="old") for n in range(there)])

    written = await tables.insert_all(TABLE, [thing(f"{n}", value="new") for n in range(9)])

    assert sorted(written) == [("p", f"{n}") for n in range(there, 9)]


async def test_replacing_many_says_which_were_as_they_had_been_read(tables: Tables) -> None:
    await tables.insert_all(TABLE, [thing(f"{n}") for n in range(4)])
    read = await tables.range(TABLE, "p")
    await tables.replace(TABLE, thing("2", value="theirs"), read[2]["etag"])
    await tables.delete(TABLE, "p", "3")

    written = await tables.replace_all(TABLE, [{**row, "value": "mine"} for row in read])

    rows = {row["RowKey"]: row for row in await tables.range(TABLE, "p")}
    assert {key: row["value"] for key, row in rows.items()} == {"0": "mine", "1": "mine", "2": "theirs"}
    assert written == {("p", key): rows[key]["etag"] for key in ("0", "1")}
    assert await tables.replace_all(TABLE, [{**rows["0"], "value": "once more"}, rows["1"]])


async def test_putting_many_replaces_whole_rows_and_the_last_of_two_counts(tables: Tables) -> None:
    await tables.put_all(TABLE, [thing("a", gone=1), thing("b", gone=1), thing("c", gone=1)])

    await tables.put_all(TABLE, [thing("a", value=1), thing("a", value=2), thing("b", value=3)])

    stored = {row["RowKey"]: (row.get("value"), row.get("gone")) for row in await tables.range(TABLE, "p")}
    assert stored == {"a": (2, None), "b": (3, None), "c": (None, 1)}


async def test_a_row_is_replaced_once_for_each_etag(tables: Tables) -> None:
    await tables.insert(TABLE, thing("a", value=1))
    before = await tables.get(TABLE, "p", "a")
    assert before is not None

    etag = await tables.replace(TABLE, thing("a", value=2), before["etag"])

    with pytest.raises(Stale):
        await tables.replace(TABLE, thing("a", value=3), before["etag"])
    await tables.replace(TABLE, thing("a", value=4), etag)
    with pytest.raises(Stale):
        await tables.replace(TABLE, thing("missing"), etag)


async def test_a_row_is_deleted_with_its_etag_only_and_deleting_what_is_not_there_is_fine(tables: Tables) -> None:
    await tables.insert(TABLE, thing("a"))
    before = await tables.get(TABLE, "p", "a")
    assert before is not None
    etag = await tables.replace(TABLE, thing("a", value=2), before["etag"])

    with pytest.raises(Stale):
        await tables.delete(TABLE, "p", "a", etag=before["etag"])
    await tables.delete(TABLE, "p", "a", etag=etag)
    await tables.delete(TABLE, "p", "a")
    await tables.delete_all(TABLE, [("p", "a"), ("p", "b"), ("q", "c")])

    assert await tables.range(TABLE, "p") == []


@pytest.mark.parametrize(
    ("after", "below", "limit", "expected"),
    [
        ("", "", 1000, ["a", "b", "c", "d"]),
        ("b", "", 1000, ["c", "d"]),
        ("", "c", 1000, ["a", "b"]),
        ("a", "d", 1000, ["b", "c"]),
        ("a", "", 2, ["b", "c"]),
        ("d", "", 1000, []),
    ],
)
async def test_a_range_lies_between_its_bounds_and_leaves_both_out(
    tables: Tables, after: str, below: str, limit: int, expected: list[str]
) -> None:
    await tables.put_all(TABLE, [thing(key) for key in "dbca"] + [thing("b", "q")])

    assert keys(await tables.range(TABLE, "p", after=after, below=below, limit=limit)) == expected


async def test_a_partition_of_more_rows_than_one_answer_holds_is_read_whole_and_in_order(tables: Tables) -> None:
    written = [f"{number:04}" for number in range(1005)]
    await tables.put_all(TABLE, map(thing, written))

    assert [row["RowKey"] async for row in tables.partition(TABLE, "p")] == written


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_a_key_may_hold_signs_that_mean_something_in_a_url_or_a_filter(tables: Tables, key: str) -> None:
    await tables.insert(TABLE, thing(key, key, value=1))

    stored = await tables.get(TABLE, key, key)

    assert stored is not None
    assert stored["value"] == 1
    assert keys(await tables.range(TABLE, key, below=key + "~")) == [key]
