"""Reading Archive back over HTTP: a job with progress."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import ANNA, CARL, letter
from tests.web.conftest import WITHIN, Running

READ_ARCHIVE = "/api/email-logging/read-archive"
BEFORE = datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC)


def ended(admin: httpx.Client, location: str) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN
    while True:
        job: dict[str, Any] = admin.get(location).raise_for_status().json()
        if job["state"] != "Running":
            return job
        assert time.monotonic() < deadline, f"it came only to {job['done']} of {job['total']}"
        time.sleep(0.1)


def test_old_mail_is_logged_in_the_background(running: Running, admin: httpx.Client) -> None:
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.put(letter(CARL, ANNA, message_id="<1@of-2019.example>"), "Archive", received_at=BEFORE)

    begun = admin.post(READ_ARCHIVE, json={"mailbox": LOGGING_MAILBOX.upper(), "fromDate": "2019-05-06"})

    assert begun.status_code == 202
    assert (begun.json()["kind"], begun.json()["total"] >= 1) == ("ReadArchive", True)
    job = ended(admin, begun.headers["Location"])
    assert (job["state"], job["counts"]["new"], job["done"]) == ("Done", 1, job["total"])
    found = admin.get("/api/interactions", params={"fromDate": "2019-05-06", "toDate": "2019-05-06"}).json()["value"]
    assert [entry["occurredAt"] for entry in found] == ["2019-05-06T07:08:09Z"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "mailbox"),
        ({"mailbox": "nobody@elsewhere.example"}, "mailbox"),
        ({"mailbox": LOGGING_MAILBOX, "fromDate": "2019-02-30"}, "fromDate"),
        ({"mailbox": LOGGING_MAILBOX, "since": "2019-05-06"}, "since"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(admin: httpx.Client, body: dict[str, str], field: str) -> None:
    answer = admin.post(READ_ARCHIVE, json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
