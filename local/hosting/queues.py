"""Queue triggers: polling, retries and the poison queue.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.hosting.host_settings import QueueSettings
from local.hosting.worker import Function, FunctionFailedError, Message, Worker

SHORTEST_WAIT = 0.1
"""Seconds between two looks at a queue that had messages; doubles while it is empty, as in the real host."""
LEASE = 60
"""Seconds that a message is hidden while it is worked on; renewed until the function returns. (The real host: 600;
here a host that was killed should not keep its messages for so long.)"""

log = logging.getLogger(__name__)


class QueuePump:
    """Feeds one function from its queue, some messages at a time."""

    def __init__(self, worker: Worker, function: Function, settings: QueueSettings, connection_string: str) -> None:
        self._worker = worker
        self._function = function
        self._settings = settings
        name = function.setting("queueName")
        self._queue = QueueClient.from_connection_string(connection_string, name)
        # The real host gives a poison queue none of its own.
        self._has_poison = not name.endswith("-poison")
        self._poison = QueueClient.from_connection_string(connection_string, f"{name}-poison")

    async def run(self) -> None:
        """For ever. Storage that does not answer is logged and asked again."""
        longest = max(self._settings.max_polling_interval.total_seconds(), SHORTEST_WAIT)
        wait = SHORTEST_WAIT
        running: set[asyncio.Task[None]] = set()
        async with self._queue, self._poison, asyncio.TaskGroup() as group:
            while True:
                messages = await self._receive()
                if messages:
                    wait = SHORTEST_WAIT
                    running |= {group.create_task(self._work_on(message)) for message in messages}
                else:
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, longest)
                running = {task for task in running if not task.done()}
                while len(running) > self._settings.new_batch_threshold:
                    _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> list[QueueMessage]:
        try:
            pages = self._queue.receive_messages(max_messages=self._settings.batch_size, visibility_timeout=LEASE)
            return [message async for message in pages]
        except ResourceNotFoundError:
            return []  # the app makes the queue when it first sends
        except AzureError as error:
            log.warning("queue %s cannot be read: %s", self._queue.queue_name, error.message)
            return []

    async def _work_on(self, message: QueueMessage) -> None:
        try:
            async with self._hidden(message):
                succeeded = await self._try(message)
            if succeeded:
                await self._queue.delete_message(message)
            elif not self._has_poison:
                log.warning("message %s of a poison queue failed; it comes again after a while", message.id)
            elif (message.dequeue_count or 0) >= self._settings.max_dequeue_count:
                await self._move_to_poison(message)
            else:
                pause = int(self._settings.visibility_timeout.total_seconds())
                await self._queue.update_message(message, visibility_timeout=pause)
        except AzureError as error:
            log.warning("message %s comes again: %s", message.id, error.message)

    async def _try(self, message: QueueMessage) -> bool:
        text = self._text(message)
        if text is None:
            log.error("%s was sent a message that is not base64", self._function.name)
            return False
        with suppress(FunctionFailedError):
            await self._worker.call(self._function, Message(string=text), _metadata(message))
            return True
        log.warning("try %s of %s of message %s", message.dequeue_count, self._settings.max_dequeue_count, message.id)
        return False

    def _text(self, message: QueueMessage) -> str | None:
        if not self._settings.base64:
            return str(message.content)
        try:
            return base64.b64decode(message.content, validate=True).decode()
        except ValueError:
            return None

    @asynccontextmanager
    async def _hidden(self, message: QueueMessage) -> AsyncIterator[None]:
        """Keeps the message hidden from other workers."""
        renewing = asyncio.create_task(self._renew(message))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _renew(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(LEASE / 2)
            try:
                renewed = await self._queue.update_message(message, visibility_timeout=LEASE)
            except AzureError as error:
                log.warning("message %s could not be kept hidden: %s", message.id, error.message)
            else:
                message.pop_receipt = renewed.pop_receipt

    async def _move_to_poison(self, message: QueueMessage) -> None:
        with suppress(ResourceExistsError):
            await self._poison.create_queue()
        await self._poison.send_message(message.content)
        await self._queue.delete_message(message)
        log.error("%s gave up on message %s: it is in %s", self._function.name, message.id, self._poison.queue_name)


def _metadata(message: QueueMessage) -> dict[str, Message]:
    """What the host tells beside the message's text."""

    def moment(value: datetime | None) -> Message:
        return Message(json=json.dumps(value.isoformat() if value else ""))

    return {
        "Id": Message(string=message.id),
        "DequeueCount": Message(json=json.dumps(message.dequeue_count)),
        "PopReceipt": Message(string=message.pop_receipt),
        "InsertionTime": moment(message.inserted_on),
        "ExpirationTime": moment(message.expires_on),
        "NextVisibleTime": moment(message.next_visible_on),
    }
