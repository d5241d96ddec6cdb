"""Close opportunity codes over HTTP."""

from typing import Any

import httpx
import pytest

from tests.web.conftest import Running
from tests.web.lists import everything_in, pages_of
from tests.web.test_bad_input import check_problem

CODES = "/api/close-opportunity-codes"


def test_the_whole_life_of_a_code(running: Running, admin: httpx.Client) -> None:
    wish = {"code": "Price", "type": "Lost", "description": "Too dear"}

    created = admin.post(CODES, json=wish)

    assert (created.status_code, created.headers["Location"]) == (201, f"{running.web}{CODES}/Price")
    code = created.json()
    assert code == wish | {"etag": created.headers["ETag"]}
    read = admin.get(f"{CODES}/PRICE")
    assert (read.json(), read.headers["ETag"]) == (code, code["etag"])
    check_problem(admin.post(CODES, json={"code": "PRICE", "type": "Won"}), 409)

    check_problem(admin.delete(f"{CODES}/Price", headers={"If-Match": '"another"'}), 412)
    deleted = admin.delete(f"{CODES}/price", headers={"If-Match": code["etag"]})
    assert (deleted.status_code, deleted.content) == (204, b"")
    check_problem(admin.delete(f"{CODES}/Price"), 404)
    check_problem(admin.get(f"{CODES}/Price"), 404)


def test_codes_are_listed_in_order_in_pages(admin: httpx.Client) -> None:
    for code in ("ord2", "ORD1", "ORD3"):
        admin.post(CODES, json={"code": code, "type": "Won"}).raise_for_status()

    codes = everything_in(admin, CODES)

    names = [code["code"].upper() for code in codes]
    assert names == sorted(names)
    assert {"ORD1", "ORD2", "ORD3"} <= set(names)
    assert [code for page in pages_of(admin, CODES, top=1) for code in page] == codes


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no code": ({"code": ""}, "code"),
    "a code with a slash": ({"code": "a/b"}, "code"),
    "another type": ({"type": "Maybe"}, "type"),
    "a type in small letters": ({"type": "won"}, "type"),
    "a very long description": ({"description": "x" * 101}, "description"),
    "an unknown field": ({"value": 1}, "value"),
}


@pytest.mark.parametrize("how", BAD)
def test_a_code_that_is_not_valid_is_refused(admin: httpx.Client, how: str) -> None:
    changes, field = BAD[how]
    check_problem(admin.post(CODES, json={"code": "BAD", "type": "Won"} | changes), 422, field)
    check_problem(admin.get(f"{CODES}/BAD"), 404)


def test_sales_reads_codes_and_changes_none(sales: httpx.Client) -> None:
    assert sales.get(CODES).status_code == 200
    check_problem(sales.post(CODES, json={"code": "SALES", "type": "Won"}), 403)
