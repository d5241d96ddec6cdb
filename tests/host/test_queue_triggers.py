"""Queue triggers: tries, pauses, the poison queue."""

import base64
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from tests.host.small_host import SmallHost, eventually

APP = """
    @app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
    async def work(message: func.QueueMessage) -> None:
        text = message.get_body().decode()
        seen.append(f"{text} {message.dequeue_count}")
        if text == "bad" or (text == "shy" and message.dequeue_count == 1):
            raise RuntimeError("no")
"""
QUEUES = {"maxPollingInterval": "00:00:01", "visibilityTimeout": "00:00:01", "batchSize": 4, "maxDequeueCount": 3}
HOST_JSON = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}, "queues": QUEUES}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def is_empty(queue: QueueClient) -> bool:
    """Of hidden messages too."""
    return queue.get_queue_properties().approximate_message_count == 0


@pytest.fixture
def queue(storage: str) -> QueueClient:
    return QueueClient.from_connection_string(storage, "work")


@pytest.fixture
def poison(storage: str) -> QueueClient:
    return QueueClient.from_connection_string(storage, "work-poison")


def poisoned(poison: QueueClient) -> list[str]:
    try:
        return sorted(message.content for message in poison.peek_messages(max_messages=32))
    except ResourceNotFoundError:
        return []


def test_messages_are_tried_again_and_then_set_aside(
    tmp_path: Path, environment: dict[str, str], queue: QueueClient, poison: QueueClient
) -> None:
    host = SmallHost.start(tmp_path, APP, environment, HOST_JSON)
    try:
        queue.create_queue()  # after the host began to poll
        for text in ("good", "shy", "bad", "góð"):
            queue.send_message(encoded(text))
        queue.send_message("not base64!")
        eventually(lambda: is_empty(queue) and len(poisoned(poison)) == 2)
        seen = host.seen()
        assert sorted(seen) == ["bad 1", "bad 2", "bad 3", "good 1", "góð 1", "shy 1", "shy 2"]
        assert poisoned(poison) == sorted([encoded("bad"), "not base64!"])
        assert "a message that is not base64" in host.log()
    finally:
        host.child.stop()


def test_twenty_messages_are_each_worked_on_once(
    tmp_path: Path, environment: dict[str, str], queue: QueueClient
) -> None:
    queue.create_queue()
    for number in range(20):
        queue.send_message(encoded(f"m{number}"))
    host = SmallHost.start(tmp_path, APP, environment, HOST_JSON)
    try:
        eventually(lambda: is_empty(queue))
        assert sorted(host.seen()) == sorted(f"m{number} 1" for number in range(20))
    finally:
        host.child.stop()


def test_a_poison_queue_has_no_poison_queue(
    tmp_path: Path, environment: dict[str, str], storage: str, poison: QueueClient
) -> None:
    app = APP.replace('queue_name="work"', 'queue_name="work-poison"')
    poison.create_queue()
    poison.send_message(encoded("bad"))
    host = SmallHost.start(tmp_path, app, environment, {**HOST_JSON, "extensions": {"queues": {"maxDequeueCount": 1}}})
    try:
        eventually(lambda: "it comes again after a while" in host.log())
        assert not is_empty(poison)
        with pytest.raises(ResourceNotFoundError):
            QueueClient.from_connection_string(storage, "work-poison-poison").get_queue_properties()
    finally:
        host.child.stop()


def test_a_queue_function_can_be_given_a_message_by_hand(tmp_path: Path, environment: dict[str, str]) -> None:
    host = SmallHost.start(tmp_path, APP, environment, HOST_JSON)
    try:
        httpx.post(f"{host.url}/admin/functions/work", json={"input": "hello"}).raise_for_status()
        eventually(lambda: host.seen() == ["hello None"])
    finally:
        host.child.stop()
