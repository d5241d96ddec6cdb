"""Change notifications: mail is logged when Graph tells of it, and long before the timer would come by."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest

from local.tenant.graph.subscriptions import Subscription
from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import ANNA, CARL, letter
from tests.web.conftest import WITHIN, Running, run_until_done

SETUP, NOTIFICATIONS, LIFECYCLE = "/api/email-logging/setup", "/api/graph/notifications", "/api/graph/lifecycle"


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


@pytest.fixture
def subscription(running: Running, admin: httpx.Client) -> Iterator[Subscription]:
    """What Graph has agreed to, in an app whose timer runs the mailbox once a day."""
    before = admin.get(SETUP).raise_for_status().json()
    run_until_done(admin)
    admin.put(SETUP, json=before | {"runEveryMinutes": 1440}).raise_for_status()
    eventually(lambda: len(running.tenant.subscriptions.active()) == 1)
    eventually(lambda: admin.get("/api/email-logging/status").json()["notifications"])
    yield running.tenant.subscriptions.active()[0]
    running.tenant.knobs.notifications = True
    admin.put(SETUP, json=before).raise_for_status()


def is_logged(admin: httpx.Client, message_id: str) -> bool:
    entries = admin.get("/api/interactions", params={"top": 200}).raise_for_status().json()["value"]
    return any(entry["message"]["internetMessageId"] == message_id for entry in entries)


def put_mail(running: Running, message_id: str) -> None:
    running.tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter(CARL, ANNA, message_id=message_id))


def told(subscription: Subscription, client_state: str | None, **more: str) -> dict[str, object]:
    return {"value": [{"subscriptionId": subscription.id, "clientState": client_state, **more}]}


def test_mail_is_logged_because_graph_told_of_it(
    running: Running, admin: httpx.Client, subscription: Subscription
) -> None:
    put_mail(running, "<told@notified.example>")

    eventually(lambda: is_logged(admin, "<told@notified.example>"))


def test_who_does_not_know_the_secret_learns_nothing_from_the_answer(
    nobody: httpx.Client, subscription: Subscription
) -> None:
    for state in (subscription.client_state, "", "guess", None, "é"):
        assert nobody.post(NOTIFICATIONS, json=told(subscription, state)).status_code == 202
    unknown = {"value": [{"subscriptionId": "unknown", "clientState": subscription.client_state}]}
    assert nobody.post(NOTIFICATIONS, json=unknown).status_code == 202


@pytest.mark.parametrize("body", ["", "no json", "[]", '"text"', '{"value": 7}', '{"value": [{}]}', '{"value": ["x"]}'])
def test_what_is_no_notification_is_refused(nobody: httpx.Client, body: str) -> None:
    for address in (NOTIFICATIONS, LIFECYCLE):
        answer = nobody.post(address, content=body)
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("address", [NOTIFICATIONS, LIFECYCLE])
def test_graphs_handshake_gets_its_token_back_as_plain_text(nobody: httpx.Client, address: str) -> None:
    token = "Validation: <b>é</b> & more + 100%"

    answer = nobody.post(address, params={"validationToken": token})

    assert (answer.status_code, answer.text) == (200, token)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_graph_could_not_tell_is_read_when_it_says_so(
    running: Running, admin: httpx.Client, subscription: Subscription
) -> None:
    running.tenant.knobs.notifications = False
    put_mail(running, "<missed@notified.example>")

    running.tenant.lifecycle("missed")

    eventually(lambda: is_logged(admin, "<missed@notified.example>"))


def test_a_subscription_that_graph_removed_is_made_anew_and_the_gap_is_read(
    running: Running, admin: httpx.Client, subscription: Subscription
) -> None:
    running.tenant.knobs.notifications = False
    put_mail(running, "<gap@notified.example>")

    running.tenant.lifecycle("subscriptionRemoved")

    eventually(lambda: [one.id for one in running.tenant.subscriptions.active()] not in ([], [subscription.id]))
    eventually(lambda: is_logged(admin, "<gap@notified.example>"))
    running.tenant.knobs.notifications = True
    put_mail(running, "<anew@notified.example>")
    eventually(lambda: is_logged(admin, "<anew@notified.example>"))


def test_a_subscription_that_wants_to_be_authorised_again_is_renewed(
    running: Running, subscription: Subscription
) -> None:
    soon = subscription.expires_at - timedelta(days=3)
    subscription.expires_at = soon

    running.tenant.lifecycle("reauthorizationRequired")

    eventually(lambda: running.tenant.subscriptions.active()[0].expires_at > soon)
    assert [one.id for one in running.tenant.subscriptions.active()] == [subscription.id]


def test_a_subscription_that_graph_has_and_we_do_not_know_is_put_in_place_by_a_new_one(
    running: Running, subscription: Subscription
) -> None:
    running.tenant.lifecycle("reauthorizationRequired")
    subscription.id = "as-if-the-answer-had-been-lost"

    eventually(lambda: [one for one in running.tenant.subscriptions.active() if one is not subscription] != [])
    assert len(running.tenant.subscriptions.active()) == 1
