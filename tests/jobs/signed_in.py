"""The app's sign-in to Graph, done once for many workers: signing in is no part of what is stopped."""

from typing import Any

from azure.core.credentials import AccessToken
from azure.identity.aio import ClientSecretCredential

from local.tenant import Tenant
from shared.graph.client import SCOPE
from shared.graph.credential import ClientSecretFromVault
from shared.settings import Settings


class SignedIn(ClientSecretFromVault):
    """A credential with a token that it has already."""

    def __init__(self, token: AccessToken) -> None:
        self._token = token

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._token

    async def close(self) -> None:
        """There is nothing to close."""


async def sign_in(settings: Settings, tenant: Tenant) -> SignedIn:
    """Gets a token from Entra ID."""
    credential = ClientSecretCredential(
        settings.entra_tenant_id,
        tenant.client_id,
        tenant.client_secret,
        authority=settings.entra_authority,
        disable_instance_discovery=True,
    )
    async with credential:
        return SignedIn(await credential.get_token(SCOPE))
