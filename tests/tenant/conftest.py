"""A running box, and the real SDKs pointed at it by nothing but settings."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.kiota_client_factory import KiotaClientFactory
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from local.tenant import Tenant
from tests.tenant.letters import DOMAIN, LOGGING_MAILBOX

GRAPH_SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture
def tenant(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    with Tenant(DOMAIN, LOGGING_MAILBOX, certificates) as running:
        for name, value in running.settings().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def credential(tenant: Tenant) -> AsyncIterator[ClientSecretCredential]:
    async with ClientSecretCredential(
        tenant.tenant_id,
        tenant.client_id,
        tenant.client_secret,
        authority=tenant.url,
        disable_instance_discovery=True,
    ) as credential:
        yield credential


@pytest.fixture
async def graph(tenant: Tenant, credential: ClientSecretCredential) -> AsyncIterator[GraphServiceClient]:
    """msgraph-sdk with its middleware; the transport is ours, since the SDK has no way to close its own."""
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[GRAPH_SCOPE])
    async with httpx.AsyncHTTPTransport() as transport:
        client = KiotaClientFactory.create_with_default_middleware(httpx.AsyncClient(transport=transport))
        adapter = GraphRequestAdapter(provider, client)
        adapter.base_url = f"{tenant.url}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


@pytest.fixture
async def web(tenant: Tenant, credential: ClientSecretCredential) -> AsyncIterator[httpx.AsyncClient]:
    """For requests that the SDK would not make; paths are relative to the logging mailbox."""
    token = await credential.get_token(GRAPH_SCOPE)
    base = f"{tenant.url}/v1.0/users/{LOGGING_MAILBOX}"
    async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token.token}"}) as client:
        yield client
