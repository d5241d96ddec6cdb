"""The functions that the app has: a door that is forgotten, or opens at the wrong time, shows here."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cronsim import CronSim

import function_app

HOST = json.loads((Path(__file__).parent.parent / "host.json").read_text())
EXPECTED = {
    "timer_drain_mailboxes": ("timerTrigger", "0 * * * * *"),
    "timer_renew_subscriptions": ("timerTrigger", "30 * * * * *"),
    "queue_drain_mailbox": ("queueTrigger", "drain-mailbox"),
    "queue_drain_mailbox_poison": ("queueTrigger", "drain-mailbox-poison"),
    "queue_renew_subscriptions": ("queueTrigger", "renew-subscriptions"),
    "queue_renew_subscriptions_poison": ("queueTrigger", "renew-subscriptions-poison"),
    "queue_import_directory": ("queueTrigger", "import-directory"),
    "queue_import_directory_poison": ("queueTrigger", "import-directory-poison"),
    "http_graph_notifications": ("httpTrigger", "api/graph/{kind}"),
    "http_web": ("httpTrigger", "{*path}"),
}


@pytest.fixture(scope="module")
def triggers() -> dict[str, dict[str, Any]]:
    """By function. The list can be asked for once in a process."""
    found = {}
    for function in function_app.app.get_functions():
        trigger, name = function.get_trigger(), function.get_function_name()
        assert trigger
        assert name
        found[name] = trigger.get_dict_repr()
    return found


def test_the_app_has_these_functions(triggers: dict[str, dict[str, Any]]) -> None:
    assert {name: (str(trigger["type"]), _when(trigger)) for name, trigger in triggers.items()} == EXPECTED


def test_schedules_can_be_read(triggers: dict[str, dict[str, Any]]) -> None:
    for trigger in triggers.values():
        if schedule := trigger.get("schedule"):
            assert next(CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC))) > datetime(2026, 1, 1, tzinfo=UTC)


def test_storage_is_the_hosts_own(triggers: dict[str, dict[str, Any]]) -> None:
    connections = {trigger["connection"] for trigger in triggers.values() if "connection" in trigger}
    assert connections == {"AzureWebJobsStorage"}


def test_the_host_is_set_for_hints_that_are_worked_on_within_seconds() -> None:
    queues = HOST["extensions"]["queues"]
    assert HOST["extensions"]["http"]["routePrefix"] == ""
    assert queues["messageEncoding"] == "base64"
    assert queues["maxPollingInterval"] == "00:00:01"
    assert queues["visibilityTimeout"] == "00:00:30"


def _when(trigger: dict[str, Any]) -> str | None:
    return trigger.get("schedule") or trigger.get("queueName") or trigger.get("route")
