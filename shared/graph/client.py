"""Calls to Microsoft Graph: msgraph-sdk's builders, sign-in and middleware, with the answer taken as bytes.

The SDK's typed models cost a hundred times the CPU of parsing the same JSON, and seconds at their first use.
Retries are decided here and nowhere else: the SDK's own would sleep up to minutes inside one call.
"""

import asyncio
import json
import random
from typing import Any
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from shared.errors import (
    FolderGone,
    GraphThrottled,
    GraphUnavailable,
    MailboxRefused,
    MessageFailed,
    MessageGone,
    ProductError,
    SignInRefused,
)
from shared.graph.credential import ClientSecretFromVault

SCOPE = "https://graph.microsoft.com/.default"
TRIES = 3
"""How often one call is tried, when Graph is busy or the connection breaks."""
LONGEST_WAIT = 10.0
"""Seconds. If Graph asks for more patience than this, the run ends and the next one goes on."""
TIMEOUT = httpx.Timeout(30, connect=10)
_BUSY = {429, 502, 503, 504}


class GraphClient:
    """One signed-in client. It belongs to the event loop that made it."""

    def __init__(self, graph_url: str, credential: ClientSecretFromVault) -> None:
        self._credential = credential
        # The transport is ours, because the SDK's middleware around it has no way to close it.
        self._transport = httpx.AsyncHTTPTransport(http2=True)
        http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(timeout=TIMEOUT, transport=self._transport),
            options={**graph_options, RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False)},
        )
        provider = AzureIdentityAuthenticationProvider(
            credential,
            scopes=[SCOPE],
            allowed_hosts=[urlsplit(graph_url).hostname or ""],  # else a token would go to whatever host a link names
        )
        self._adapter = GraphRequestAdapter(provider, http)
        self._adapter.base_url = graph_url
        self.builders = GraphServiceClient(request_adapter=self._adapter)

    async def send(self, request: RequestInformation) -> Any:
        """The answer's JSON, or None where there is none.

        Raises GraphUnavailable, SignInRefused, MailboxRefused; of one message MessageGone or
        MessageFailed; of a folder FolderGone.
        """
        renewed = False
        failure: ProductError
        wait: float
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._adapter.send_primitive_async(request, "bytes", {"XXX": ODataError})
                return json.loads(answer) if answer else None
            except httpx.TransportError as error:
                failure, wait = GraphUnavailable("Microsoft Graph cannot be reached."), _backoff(attempt)
                failure.__cause__ = error
            except APIError as error:
                status = error.response_status_code or 0
                if status == 401 and not renewed:
                    renewed, failure, wait = True, SignInRefused("Microsoft Graph refused the app's token."), 0.0
                    await self._credential.forget()
                    request.headers.remove("Authorization")  # else it is sent again with the token it has
                elif status in _BUSY:
                    kind = GraphThrottled if status == 429 else GraphUnavailable
                    failure, wait = kind(f"Microsoft Graph is busy ({status})."), _wait(error, attempt)
                else:
                    if status == 403:
                        await self._credential.forget()  # a token keeps the permissions of when it was made
                    raise _translated(error, status) from error
                failure.__cause__ = error
            if wait > LONGEST_WAIT or attempt == TRIES:
                break
            await asyncio.sleep(wait)
        if isinstance(failure, GraphUnavailable):
            failure.retry_after = max(wait, 1)
        raise failure

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()
        await self._credential.close()


def _wait(error: APIError, attempt: int) -> float:
    """Seconds that Graph asks us to wait, in whole seconds, or our own guess where it does not say."""
    headers = {name.lower(): value for name, value in (error.response_headers or {}).items()}
    asked = headers.get("retry-after", "")
    return float(asked) if asked.isdigit() else _backoff(attempt)


def _backoff(attempt: int) -> float:
    return 0.5 * float(2**attempt) * random.uniform(0.5, 1)  # noqa: S311 - spreads the retries of several workers


def _translated(error: APIError, status: int) -> Exception:
    code = (getattr(error, "error", None) and error.error.code) or ""  # type: ignore[attr-defined]
    if status == 401:
        return SignInRefused("Microsoft Graph refused the app's token.")
    if status == 403:
        return MailboxRefused("The app may not open the mailbox. Give it Application Mail.ReadWrite on the mailbox.")
    if status == 404 and code in {"ErrorItemNotFound", "ErrorItemNotFoundInFolder"}:
        return MessageGone("The message is not in the mailbox any more.")
    if status == 404 and code == "ErrorFolderNotFound":
        return FolderGone("A folder is not in the mailbox any more.")
    if status == 404:
        return MailboxRefused(f"Exchange Online does not know the mailbox ({code or status}). Check its address.")
    return MessageFailed(f"Exchange Online could not handle the message ({code or status}).")
