"""Importing contacts and salespeople from CSV files, over HTTP and in the background."""

import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx
import pytest

from local.azurite import Azurite
from tests.web.conftest import Running, running_app

LINES = 50_000
BAD_LINES = {
    12_345: "CT-012345,Person,No Name At All",
    25_001: "CT-025001,Person,Twice,not-an-address,",
    49_999: "CT-049999,Person,Nobody's,somebody@one.example,NOBODY",
}
MINUTES = 60


@pytest.fixture(scope="module")
def running(azurite: Azurite, certificates: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An app of its own: a directory of fifty thousand would be in the way of other tests."""
    with running_app(azurite, certificates, tmp_path_factory.mktemp("import")) as running:
        yield running


def test_bad_lines_are_reported_by_number_and_the_others_are_imported(admin: httpx.Client) -> None:
    job = imported(
        admin,
        "contacts",
        "no,type,name,companyNo,email,alternativeAddresses,salespersonCode\n"
        "CT100,Person,Ólöf Þórðardóttir,CT200,olof@havel.example,HOME=olof@home.example,AK\n"  # before its company
        "CT101,Person,Bad Address,,not an address,,\n"
        "CT200,Company,Hável hf.,,,,\n"
        "\n"
        "CT102,Person\n"
        "CT103,Robot,Wrong Type,,,,\n"
        "CT104,Person,No Such Company,CT999,,,\n"
        "CT100,Person,Number Again,,,,\n"
        "CT105,Person,Address Again,,olof@havel.example,,\n"
        "CT106,Person,Anna's Address,,anna@nordurljos.example,,\n"
        ",Person,Numbered By Us,,new@havel.example,,\n",
    )

    assert job["state"] == "Done"
    assert [error["line"] for error in job["errors"]] == [3, 6, 7, 8, 9, 10, 11]
    assert job["counts"] == {"added": 3, "failed": 7}
    assert job["done"] == job["total"] == 10
    olof = admin.get("/api/contacts/CT100").raise_for_status().json()
    assert (olof["name"], olof["companyNo"], olof["salespersonCode"]) == ("Ólöf Þórðardóttir", "CT200", "AK")
    assert olof["alternativeAddresses"] == [{"code": "HOME", "email": "olof@home.example"}]
    assert admin.get("/api/contacts/CT101").status_code == 404


def test_importing_the_same_file_again_changes_nothing(admin: httpx.Client) -> None:
    file = "code,name,email\nIM,Íma Sveinsdóttir,ima@nordurljos.example\nOT,Otto,otto@nordurljos.example\n"

    assert imported(admin, "salespeople", file)["counts"] == {"added": 2}
    before = admin.get("/api/salespeople").json()
    assert imported(admin, "salespeople", file)["counts"] == {"unchanged": 2}
    assert admin.get("/api/salespeople").json() == before

    changed = file.replace("Otto,otto@", "Ottó,otto.new@")
    assert imported(admin, "salespeople", changed)["counts"] == {"changed": 1, "unchanged": 1}
    assert admin.get("/api/salespeople/OT").json()["email"] == "otto.new@nordurljos.example"


def test_a_person_imports_what_the_role_allows(running: Running) -> None:
    with running.client("EmailLogging.Sales") as sales, running.client("EmailLogging.Read") as reader:
        assert posted(sales, "contacts", "no,name\nCT300,By Sales\n").status_code == 202
        assert posted(sales, "salespeople", "code,name\nSA,By Sales\n").status_code == 403
        assert posted(reader, "contacts", "no,name\nCT301,By Reader\n").status_code == 403


def test_fifty_thousand_lines_are_imported_and_three_bad_ones_reported(admin: httpx.Client) -> None:
    good = "CT-{0:06d},Person,Contact {0},contact{0}@many.example,AK"
    lines = [BAD_LINES.get(number, good.format(number)) for number in range(2, LINES + 2)]

    began = time.monotonic()
    job = imported(admin, "contacts", "\n".join(["no,type,name,email,salespersonCode", *lines]))
    took = time.monotonic() - began
    print(f"{LINES} lines in {took:.0f} s: {LINES / took:.0f} lines/s")

    assert job["state"] == "Done"
    assert [error["line"] for error in job["errors"]] == sorted(BAD_LINES)
    assert job["counts"] == {"added": LINES - len(BAD_LINES), "failed": len(BAD_LINES)}
    assert admin.get("/api/contacts/CT-050001").json()["email"] == "contact50001@many.example"
    claimed = admin.post("/api/contacts", json={"name": "Another", "email": "contact25000@many.example"})
    assert claimed.status_code == 409
    assert "CT-025000" in claimed.json()["detail"]


def posted(client: httpx.Client, what: str, file: str) -> httpx.Response:
    return client.post(f"/api/{what}/import", content=file.encode(), headers={"Content-Type": "text/csv"})


def imported(admin: httpx.Client, what: str, file: str) -> dict[str, Any]:
    """The job of an import, when it has ended."""
    accepted = posted(admin, what, file)
    assert accepted.status_code == 202
    deadline = time.monotonic() + 5 * MINUTES
    pause = Event()
    while time.monotonic() < deadline:
        pause.wait(0.2)  # looking without a pause would take the processor from what is looked for
        job: dict[str, Any] = admin.get(accepted.headers["Location"]).raise_for_status().json()
        if job["state"] != "Running":
            return job
    raise AssertionError(f"the import came only to {job['done']} of {job['total']}")
