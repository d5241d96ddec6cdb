"""Queue Storage: notes to ourselves about work that goes on in another invocation."""

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueServiceClient

from shared.errors import StorageUnavailable

DRAIN_MAILBOX = "drain-mailbox"
IMPORT_DIRECTORY = "import-directory"
RENEW_SUBSCRIPTIONS = "renew-subscriptions"


class Queues:
    """Implements `ports.Hints`. A queue is made when it is first written to."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service

    async def drain_mailbox(self, mailbox: str) -> None:
        """Asks for another run on the mailbox, now."""
        await self._send(DRAIN_MAILBOX, mailbox)

    async def import_directory(self, job_id: str) -> None:
        """Asks for an import to begin, or to go on."""
        await self._send(IMPORT_DIRECTORY, job_id)

    async def renew_subscriptions(self) -> None:
        """Asks for change notifications to be looked after, now."""
        await self._send(RENEW_SUBSCRIPTIONS, "now")

    async def _send(self, queue: str, text: str) -> None:
        # The queue trigger expects base64, host.json's default; this SDK's own default is plain text.
        client = self._service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
        try:
            try:
                await client.send_message(text)
            except ResourceNotFoundError:
                await client.create_queue()
                await client.send_message(text)
        except AzureError as error:
            raise StorageUnavailable("Queue Storage cannot be reached.") from error
