"""Whatever is sent that is not right: a clear problem document, in the right order of refusal, and nothing changed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import DOMAIN
from tests.web.conftest import Running

CONTACT = "/api/contacts/CT000003"
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}
MEGABYTE = 1024 * 1024


def check_problem(answer: httpx.Response, status: int, *fields: str) -> None:
    """It is a problem document of RFC 9457 with this status, these bad fields, and no stack trace."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail"} | ({"errors"} if fields else set())
    assert problem["status"] == status
    assert problem["detail"]
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text
    assert sorted(error["field"] for error in problem.get("errors", ())) == sorted(fields)
    assert all(set(error) == {"field", "message"} and error["message"] for error in problem.get("errors", ()))


@pytest.fixture
def unchanged(admin: httpx.Client) -> Iterator[None]:
    """The contact, and the first page of everything, are afterwards as before."""
    addresses = (CONTACT, "/api/contacts?top=200", "/api/salespeople", "/api/opportunities", "/api/email-logging/setup")
    before = [admin.get(address).raise_for_status().json() for address in addresses]
    yield
    assert [admin.get(address).json() for address in addresses] == before


BODIES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "nothing": (b"", ("body",)),
    "half of it": (b'{"name": "Dis', ()),
    "no JSON": (b"name=Disa", ()),
    "not UTF-8": (b'{"name": "D\xedsa"}', ()),
    "a single quotation mark": (b"{'name': 'x'}", ()),
    "a list": (b"[]", ("body",)),
    "a text": (b'"name"', ("body",)),
    "a number": (b"5", ("body",)),
    "null": (b"null", ("body",)),
    "true": (b"true", ("body",)),
    "an unknown field": (b'{"name": "x", "nmae": "y"}', ("nmae",)),
    "two unknown fields": (b'{"name": "x", "a": 1, "b": 2}', ("a", "b")),
    "no name": (b"{}", ("name",)),
    "a number for text": (b'{"name": 5}', ("name",)),
    "null for text": (b'{"name": null}', ("name",)),
    "a list for text": (b'{"name": ["x"]}', ("name",)),
    "text for a flag": (b'{"name": "x", "privacyBlocked": "true"}', ("privacyBlocked",)),
    "a number for a flag": (b'{"name": "x", "privacyBlocked": 1}', ("privacyBlocked",)),
    "text for a list": (b'{"name": "x", "alternativeAddresses": "a@b.example"}', ("alternativeAddresses",)),
    "text in a list": (b'{"name": "x", "alternativeAddresses": ["a@b.example"]}', ("alternativeAddresses.0",)),
    "NaN": (b'{"name": NaN}', ("name",)),
    "Infinity": (b'{"name": Infinity}', ("name",)),
    "a lone surrogate": (b'{"name": "\\ud800"}', ("name",)),
    "NUL": (b'{"name": "a\\u0000b"}', ("name",)),
    "a line break": (b'{"name": "a\\nb"}', ("name",)),
    "an escape character": (b'{"name": "a\\u001bb"}', ("name",)),
    "NUL in an address": (b'{"name": "x", "email": "a\\u0000@b.example"}', ("email",)),
    "a huge number": (b'{"name": ' + b"9" * 5000 + b"}", ()),
    "nested without end": (b'{"name": ' + b"[" * 100_000, ()),
    "a very long name": (json.dumps({"name": "x" * 100_000}).encode(), ("name",)),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_not_right_is_refused(sales: httpx.Client, what: str) -> None:
    body, fields = BODIES[what]

    for method, address in (("PUT", CONTACT), ("POST", "/api/contacts")):
        answer = sales.request(method, address, content=body, headers=JSON)
        check_problem(answer, 422, *fields)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "true", '"5"', "null", "[]", "-0.01"])
def test_an_amount_that_is_no_amount_is_refused(sales: httpx.Client, value: str) -> None:
    body = f'{{"estimatedValue": {value}}}'.encode()

    check_problem(
        sales.post(f"/api/interactions/{'0' * 56}/opportunity", content=body, headers=JSON), 422, "estimatedValue"
    )


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/csv", "json", ""]
)
def test_a_body_of_another_type_is_415(sales: httpx.Client, media_type: str) -> None:
    answer = sales.put(CONTACT, content=b'{"name": "x"}', headers={"Content-Type": media_type})

    check_problem(answer, 415)


@pytest.mark.usefixtures("unchanged")
def test_a_body_of_ten_megabytes_is_413(sales: httpx.Client) -> None:
    body = json.dumps({"name": "x" * (10 * MEGABYTE)}).encode()

    for method, address in (("PUT", CONTACT), ("POST", "/api/contacts")):
        check_problem(sales.request(method, address, content=body, headers=JSON), 413)


LISTS = ("/api/interactions", "/api/contacts", "/api/salespeople", "/api/opportunities", "/api/email-logging/messages")


@pytest.mark.parametrize("address", LISTS)
def test_an_unknown_query_parameter_is_refused(reader: httpx.Client, address: str) -> None:
    check_problem(reader.get(address, params={"page": "2"}), 422, "page")
    check_problem(reader.get(address, params={"contactno": "x", "top": "0"}), 422, "contactno", "top")


QUERIES = [
    ("/api/interactions", "fromDate", "yesterday"),
    ("/api/interactions", "toDate", "2026-02-30"),
    ("/api/interactions", "toDate", "20261001"),
    ("/api/interactions", "informationFlow", "inbound"),
    ("/api/interactions", "canceled", "maybe"),
    ("/api/interactions", "hasOpportunity", ""),
    ("/api/email-logging/messages", "outcome", "lost"),
    ("/api/email-logging/messages", "fromDate", "2026-13-01"),
]


@pytest.mark.parametrize(("address", "field", "value"), QUERIES)
def test_a_filter_that_is_not_valid_is_refused(reader: httpx.Client, address: str, field: str, value: str) -> None:
    check_problem(reader.get(address, params={field: value}), 422, field)


@pytest.mark.parametrize("field", ["fromDate", "toDate"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_are_do_no_harm(reader: httpx.Client, field: str, day: str) -> None:
    for address in ("/api/interactions", "/api/email-logging/messages"):
        assert reader.get(address, params={field: day}).status_code in {200, 422}


STRANGE = ["%2F", "a%2Fb", "%27", "x%27%20or%20%271%27%3D%271", "%00", "a%00b", "A" * 3000, "%C3%BE%C3%B3r",
           "%F0%9F%92%A1", "%0A", "%5C", "%23", "%3F", "..%2F..%2Fetc", "%20", "%FF"]  # fmt: skip


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("strange", STRANGE, ids=lambda text: text[:20])
@pytest.mark.parametrize(
    "address", ["/api/interactions", "/api/contacts", "/api/salespeople", "/api/opportunities", "/api/jobs"]
)
def test_a_strange_id_is_refused_or_unknown(admin: httpx.Client, address: str, strange: str) -> None:
    methods = ["GET"] if address != "/api/contacts" else ["GET", "PUT", "DELETE"]
    for method in methods:
        body = b'{"name": "x"}' if method == "PUT" else b""
        answer = admin.request(method, f"{address}/{strange}", content=body, headers=JSON)
        assert answer.status_code in {404, 405, 422}, method
        check_problem(answer, answer.status_code, *(error["field"] for error in answer.json().get("errors", ())))


@pytest.mark.parametrize("value", ["a'b", "a/b", "\0", "x" * 3000, "💡", "' or 'a' eq 'a"])
def test_a_strange_filter_finds_nothing(reader: httpx.Client, value: str) -> None:
    for name in ("contactNo", "companyNo", "salespersonCode", "opportunityNo", "conversationId"):
        answer = reader.get("/api/interactions", params={name: value})
        assert answer.status_code in {200, 422}, name
        assert not answer.json().get("value"), name


FILES: dict[str, tuple[bytes, int]] = {
    "Latin-1": ("no,name\nCTL1,Dísa\n".encode("latin-1"), 422),
    "empty": (b"", 422),
    "white space": (b" \r\n \n", 422),
    "no header": (b"CTN1,Somebody\nCTN2,Another\n", 422),
    "a column twice": (b"no,name,name\nCTN1,A,B\n", 422),
    "an unknown column": (b"no,name,shoe\nCTN1,A,44\n", 422),
    "NUL": (b"no,name\nCTN1,A\0B\n", 422),
    "a spreadsheet": (b"PK\x03\x04\xff\xfe", 422),
    "21 MB": (b"no,name\n" + b"CTN1,Somebody\n" * (21 * MEGABYTE // 14), 422),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_wrong_as_a_whole_is_refused_and_begins_no_job(admin: httpx.Client, what: str) -> None:
    file, status = FILES[what]
    for address in ("/api/contacts/import", "/api/salespeople/import"):
        answer = admin.post(address, content=file, headers=CSV)

        check_problem(answer, status)
        assert "Location" not in answer.headers


@pytest.mark.usefixtures("unchanged")
def test_a_file_of_another_type_is_415(admin: httpx.Client) -> None:
    for media_type in ("application/json", "text/plain", "application/vnd.ms-excel"):
        answer = admin.post("/api/contacts/import", content=b"no,name\nA,B\n", headers={"Content-Type": media_type})
        check_problem(answer, 415)


@pytest.mark.usefixtures("unchanged")
def test_refusals_come_in_the_order_of_the_contract(
    running: Running, reader: httpx.Client, sales: httpx.Client
) -> None:
    """Who (401), may they (403), what they sent (413, 415, 422), is it there (404), is it as they saw it (412)."""
    bad, good = b"{", json.dumps({"name": "x", "email": f"anna@{DOMAIN}"}).encode()
    text, stale = {"Content-Type": "text/plain"}, {**JSON, "If-Match": '"old"'}
    with running.client() as nobody:
        check_problem(nobody.put("/api/contacts/NONE", content=bad, headers=text), 401)
    check_problem(reader.put("/api/contacts/NONE", content=bad, headers=text), 403)
    check_problem(sales.put("/api/contacts/NONE", content=b"x" * 2 * MEGABYTE, headers=text), 413)
    check_problem(sales.put("/api/contacts/NONE", content=bad, headers=text), 415)
    check_problem(sales.put("/api/contacts/NONE", content=bad, headers=stale), 422)
    check_problem(sales.put("/api/contacts/NONE", content=good, headers=stale), 404)
    check_problem(sales.put(CONTACT, content=good, headers=stale), 412)
    check_problem(sales.put(CONTACT, content=good, headers=JSON), 409)


def test_what_is_nowhere_is_404_and_a_wrong_method_405(admin: httpx.Client) -> None:
    check_problem(admin.get("/api/nothing"), 404)
    check_problem(admin.patch("/api/contacts", content=b"{}", headers=JSON), 405)


def test_a_strange_if_match_is_stale_or_refused(sales: httpx.Client) -> None:
    any_of: dict[str, Any] = {"If-Match": "W/" + '"x"' * 200}
    check_problem(sales.put(CONTACT, json={"name": "x"}, headers=any_of), 412)
