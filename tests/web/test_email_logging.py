"""Email Logging itself over HTTP: setup, start and stop, runs, status, the ledger, activity, health."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.version import VERSION
from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import ANNA, CARL, STRANGER, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in, pages_of

SETUP = "/api/email-logging/setup"
MESSAGES = "/api/email-logging/messages"
LEDGER_KEYS = {
    "id", "etag", "mailbox", "internetMessageId", "receivedAt", "decidedAt", "from", "to", "subject", "outcome",
    "marks", "reason", "interactionIds", "tries",
}  # fmt: skip
STATUS_KEYS = {
    "enabled", "lastRun", "lastSuccess", "lastError", "waiting", "oldestWaiting", "lagSeconds", "outcomes"
}  # fmt: skip


@pytest.fixture
def setup(admin: httpx.Client) -> Iterator[dict[str, Any]]:
    """The setup as it is; it, and that logging is enabled, is put back at the end."""
    before = admin.get(SETUP).raise_for_status().json()
    yield before
    admin.put(SETUP, json=before).raise_for_status()
    admin.post("/api/email-logging/enable").raise_for_status()


def without_etag(setup: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in setup.items() if name != "etag"}


def test_what_the_setup_gives_can_be_sent_back(admin: httpx.Client, setup: dict[str, Any]) -> None:
    answer = admin.get(SETUP)
    assert answer.headers["ETag"] == setup["etag"]

    sent_back = admin.put(SETUP, json=answer.json(), headers={"If-Match": setup["etag"]})

    assert (sent_back.status_code, sent_back.json()) == (200, setup)
    assert sent_back.headers["ETag"] == setup["etag"]


def test_the_setup_holds_no_secret(running: Running, admin: httpx.Client) -> None:
    text = admin.get(SETUP).text

    assert running.tenant.client_secret not in text
    assert "secret" not in text.lower()


def test_every_field_of_the_setup_is_kept(admin: httpx.Client, setup: dict[str, Any]) -> None:
    wish = {
        "mailboxes": [LOGGING_MAILBOX, " Second@Nordurljos.example ", "second@nordurljos.example"],
        "clientId": setup["clientId"],
        "runEveryMinutes": 1440,
        "batchSize": 1000,
        "messagesNotLogged": "LeaveInInbox",
        "logPrivateMail": True,
        "logAutomaticMail": True,
        "timeZone": "Pacific/Auckland",
        "currency": "ISK",
        "defaultSalesCycleCode": "STANDARD",
    }
    assert set(setup) == set(wish) | {"etag", "enabled", "enabledAt"}

    changed = admin.put(SETUP, json=wish).raise_for_status().json()

    kept = wish | {"mailboxes": [LOGGING_MAILBOX, "second@nordurljos.example"]}
    assert without_etag(changed) == kept | {"enabled": True, "enabledAt": setup["enabledAt"]}
    assert admin.get(SETUP).json() == changed
    assert changed["etag"] != setup["etag"]

    stale = admin.put(SETUP, json=setup, headers={"If-Match": setup["etag"]})
    assert (stale.status_code, admin.get(SETUP).json()) == (412, changed)
    assert admin.put(SETUP, json=setup, headers={"If-Match": changed["etag"]}).status_code == 200


def test_what_is_left_out_becomes_its_default(admin: httpx.Client, setup: dict[str, Any]) -> None:
    changed = admin.put(SETUP, json={"mailboxes": [LOGGING_MAILBOX], "clientId": setup["clientId"]}).json()

    assert (changed["timeZone"], changed["currency"], changed["batchSize"]) == ("UTC", "EUR", 200)
    assert (changed["runEveryMinutes"], changed["messagesNotLogged"]) == (1, "MoveToNotLogged")
    assert changed["enabled"] is True


FAULTS: list[tuple[str, Any]] = [
    ("mailboxes", ["log"]),
    ("mailboxes", [LOGGING_MAILBOX, ""]),
    ("mailboxes", [f"m{number}@nordurljos.example" for number in range(101)]),
    ("mailboxes", LOGGING_MAILBOX),
    ("mailboxes", None),
    ("clientId", 7),
    ("clientId", None),
    ("runEveryMinutes", 0),
    ("runEveryMinutes", 1441),
    ("runEveryMinutes", 1.5),
    ("runEveryMinutes", True),
    ("runEveryMinutes", "5"),
    ("batchSize", 0),
    ("batchSize", 1001),
    ("batchSize", "200"),
    ("messagesNotLogged", "Burn"),
    ("messagesNotLogged", ""),
    ("logPrivateMail", "true"),
    ("logAutomaticMail", 1),
    ("timeZone", "Atlantis/Capital"),
    ("timeZone", ""),
    ("timeZone", "../../etc/passwd"),
    ("currency", "isk"),
    ("currency", "EURO"),
    ("currency", "EUR\n"),
    ("clientSecret", "hush"),
]


@pytest.mark.parametrize(("field", "value"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_setup_that_is_not_valid_is_refused_with_the_field_named(
    admin: httpx.Client, setup: dict[str, Any], field: str, value: Any
) -> None:
    answer = admin.put(SETUP, json=setup | {field: value})

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert {error["field"].split(".")[0] for error in answer.json()["errors"]} == {field}
    assert admin.get(SETUP).json() == setup


def test_a_setup_cannot_become_incomplete_while_logging_is_enabled(admin: httpx.Client, setup: dict[str, Any]) -> None:
    gaps: tuple[dict[str, Any], ...] = ({"mailboxes": []}, {"clientId": ""})
    for missing in gaps:
        answer = admin.put(SETUP, json=setup | missing)

        assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
        assert admin.get(SETUP).json() == setup


def test_logging_cannot_be_enabled_before_the_setup_is_complete(admin: httpx.Client, setup: dict[str, Any]) -> None:
    disabled = admin.post("/api/email-logging/disable")
    assert (disabled.status_code, disabled.json()["enabled"]) == (200, False)
    gaps: dict[str, Any] = {"mailboxes": [], "clientId": ""}
    for name, nothing in gaps.items():
        admin.put(SETUP, json=setup | {name: nothing}).raise_for_status()

        answer = admin.post("/api/email-logging/enable")

        assert (answer.status_code, name in answer.json()["detail"]) == (409, True)
        assert admin.get(SETUP).json()["enabled"] is False

    admin.put(SETUP, json=setup).raise_for_status()
    enabled = admin.post("/api/email-logging/enable")
    assert (enabled.status_code, enabled.json()["enabled"]) == (200, True)
    assert enabled.json()["enabledAt"] > setup["enabledAt"]
    again = admin.post("/api/email-logging/enable")
    assert (again.status_code, again.json()) == (200, enabled.json())


def test_nothing_is_read_while_logging_is_disabled(
    running: Running, admin: httpx.Client, setup: dict[str, Any]
) -> None:
    run_until_done(admin)
    admin.post("/api/email-logging/disable").raise_for_status()
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    item = mailbox.put(letter(ANNA, CARL, message_id="<asleep@letters.example>"))

    answer = admin.post("/api/email-logging/run")

    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    status = admin.get("/api/email-logging/status").json()
    assert (status["enabled"], status["waiting"]) == (False, 1)
    assert status["oldestWaiting"] is not None
    assert status["lagSeconds"] >= 0
    assert item.folder.display_name == "Inbox"

    admin.post("/api/email-logging/enable").raise_for_status()
    run_until_done(admin)
    assert item.folder.display_name == "Archive"


def test_a_run_says_what_it_came_to_and_status_and_activity_tell_of_it(running: Running, admin: httpx.Client) -> None:
    run_until_done(admin)
    before = admin.get("/api/email-logging/status").json()
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.put(letter(ANNA, CARL, message_id="<run-1@letters.example>"))
    mailbox.put(letter(STRANGER, ANNA, message_id="<run-2@letters.example>"))

    run = admin.post("/api/email-logging/run").raise_for_status().json()
    assert set(run) == {"outcomes", "waiting", "more", "alreadyRunning"}
    run_until_done(admin)

    status = admin.get("/api/email-logging/status").json()
    assert set(status) >= STATUS_KEYS
    assert (status["enabled"], status["lastError"], status["waiting"]) == (True, "", 0)
    assert (status["oldestWaiting"], status["lagSeconds"]) == (None, 0)
    assert status["lastSuccess"] >= (before["lastSuccess"] or "")
    assert status["lastRun"] >= (before["lastRun"] or "")
    for outcome in ("logged", "unmatched"):
        assert status["outcomes"][outcome] == before["outcomes"].get(outcome, 0) + 1

    activity = admin.get("/api/email-logging/activity", params={"top": 1}).json()["value"][0]
    assert set(activity) == {"mailbox", "startedAt", "endedAt", "message", "failed", "outcomes"}
    assert (activity["mailbox"], activity["failed"]) == (LOGGING_MAILBOX, False)
    starts = [one["startedAt"] for one in everything_in(admin, "/api/email-logging/activity")]
    assert starts == sorted(starts, reverse=True)


def row_of(client: httpx.Client, message_id: str) -> dict[str, Any]:
    return next(row for row in everything_in(client, MESSAGES) if row["internetMessageId"] == message_id)


def test_the_ledger_says_what_became_of_a_message_and_why(
    running: Running, logged: Callable[..., dict[str, Any]], reader: httpx.Client
) -> None:
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.put(letter(STRANGER, ANNA, message_id="<why-1@letters.example>", subject="Unknown"))
    entry = logged(ANNA, CARL, STRANGER, message_id="<why-2@letters.example>", subject="Known")

    held, known = row_of(reader, "<why-1@letters.example>"), row_of(reader, "<why-2@letters.example>")

    assert set(held) == set(known) == LEDGER_KEYS
    assert (known["outcome"], known["interactionIds"], known["tries"]) == ("logged", [entry["id"]], 0)
    assert (known["mailbox"], known["from"], known["to"]) == (LOGGING_MAILBOX, ANNA, [CARL, STRANGER])
    assert (known["subject"], known["marks"]) == ("Known", [])
    assert (held["outcome"], held["interactionIds"]) == ("unmatched", [])
    for row in (held, known):
        assert row["reason"].endswith(".")
        received, decided = (datetime.fromisoformat(row[name]) for name in ("receivedAt", "decidedAt"))
        assert received <= decided


def test_the_ledger_is_newest_first_and_its_filters_give_what_they_say(
    logged: Callable[..., dict[str, Any]], reader: httpx.Client
) -> None:
    logged(ANNA, CARL, message_id="<filters@letters.example>")
    rows = everything_in(reader, MESSAGES)
    received = [row["receivedAt"] for row in rows]
    assert received == sorted(received, reverse=True)
    today = datetime.now(UTC).date().isoformat()

    def people(row: dict[str, Any]) -> set[str]:
        return {row["from"], *row["to"]}

    filters: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
        ({"outcome": "logged"}, lambda row: row["outcome"] == "logged"),
        ({"outcome": "unmatched"}, lambda row: row["outcome"] == "unmatched"),
        ({"outcome": "failed"}, lambda row: row["outcome"] == "failed"),
        ({"address": CARL.upper()}, lambda row: CARL in people(row)),
        ({"address": ANNA, "outcome": "logged"}, lambda row: ANNA in people(row) and row["outcome"] == "logged"),
        ({"address": "nobody@nowhere.example"}, lambda row: False),
        ({"fromDate": "2020-01-01", "toDate": today}, lambda row: row["receivedAt"][:10] <= today),
        ({"toDate": "2020-01-01"}, lambda row: False),
        ({"fromDate": today, "address": CARL}, lambda row: row["receivedAt"] >= today and CARL in people(row)),
    ]  # fmt: skip
    for query, fits in filters:
        expected = [row["id"] for row in rows if fits(row)]
        assert [row["id"] for row in everything_in(reader, MESSAGES, **query)] == expected, query
        paged = pages_of(reader, MESSAGES, top=2, **query)
        assert [row["id"] for page in paged for row in page] == expected, query


def test_health_is_open_to_everybody_and_tells_nothing_of_anybody(nobody: httpx.Client, admin: httpx.Client) -> None:
    run_until_done(admin)

    answer = nobody.get("/api/health")

    assert answer.status_code == 200
    health = answer.json()
    assert set(health) == {"status", "version", "secondsSinceSuccess"}
    assert (health["status"], health["version"]) == ("Healthy", VERSION)
    assert 0 <= health["secondsSinceSuccess"] < 120


def test_a_job_that_does_not_exist_is_404(reader: httpx.Client) -> None:
    assert reader.get(f"/api/jobs/{'0' * 32}").status_code == 404
    assert reader.get("/api/jobs/none").status_code == 422
