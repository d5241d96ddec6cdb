"""How the app signs in to Microsoft Graph: client id and a secret from Key Vault, which may be changed at any time."""

from types import TracebackType
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from azure.identity.aio import ClientSecretCredential

from shared.errors import GraphUnavailable, SignInRefused
from shared.secrets import Secrets
from shared.settings import Settings, is_local


class ClientSecretFromVault:
    """A credential as azure-identity's, which reads the secret again when the one it has is refused."""

    def __init__(self, settings: Settings, secrets: Secrets, client_id: str) -> None:
        self._settings = settings
        self._secrets = secrets
        self._client_id = client_id
        self._secret = ""
        self._credential: ClientSecretCredential | None = None

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for Graph. Raises SignInRefused, GraphUnavailable or VaultUnavailable."""
        try:
            return await (await self._with(await self._read_secret())).get_token(*scopes, **options)
        except CredentialUnavailableError as error:
            raise GraphUnavailable("Entra ID cannot be reached.") from error
        except ClientAuthenticationError as error:
            return await self._once_more(error, *scopes, **options)
        except AzureError as error:
            raise GraphUnavailable("Entra ID cannot be reached.") from error

    async def forget(self) -> None:
        """Drops the tokens it has, and asks for new ones next time."""
        if self._credential:
            await self._credential.close()
        self._credential = None

    async def close(self) -> None:
        """Closes the connections."""
        await self.forget()

    async def __aenter__(self) -> "ClientSecretFromVault":
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()

    async def _once_more(self, refusal: ClientAuthenticationError, *scopes: str, **options: Any) -> AccessToken:
        secret = await self._read_secret(fresh=True)
        try:
            if secret != self._secret:
                return await (await self._with(secret)).get_token(*scopes, **options)
        except ClientAuthenticationError as error:
            refusal = error
        raise SignInRefused(
            "Entra ID refused the app's client id or secret. Check the client id in the setup, and store a secret "
            "that has not ended in Key Vault."
        ) from refusal

    async def _read_secret(self, *, fresh: bool = False) -> str:
        return await self._secrets.read(self._settings.client_secret_name, fresh=fresh)

    async def _with(self, secret: str) -> ClientSecretCredential:
        if self._credential is None or secret != self._secret:
            await self.forget()
            self._secret = secret
            self._credential = ClientSecretCredential(
                self._settings.entra_tenant_id,
                self._client_id,
                secret,
                authority=self._settings.entra_authority,
                # Instance discovery asks Microsoft's public cloud whether it knows the authority.
                disable_instance_discovery=is_local(self._settings.entra_authority),
            )
        return self._credential
