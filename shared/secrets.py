"""The client secret, from Key Vault. It is cached briefly and never stored, shown or logged."""

import time

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets.aio import SecretClient

from shared.errors import VaultUnavailable
from shared.settings import is_local

CACHED_SECONDS = 300
"""How long a secret is believed. A new one is read at once where the old one is refused."""


class Secrets:
    """Secrets by name, in one vault."""

    def __init__(self, vault_url: str, credential: AsyncTokenCredential) -> None:
        # The check that the vault's challenge names Microsoft's domain cannot hold for a vault on this machine.
        self._client = SecretClient(vault_url, credential, verify_challenge_resource=not is_local(vault_url))
        self._cached: dict[str, tuple[float, str]] = {}

    async def read(self, name: str, *, fresh: bool = False) -> str:
        """The secret's value. Raises VaultUnavailable, saying what to do."""
        read_at, value = self._cached.get(name, (0.0, ""))
        if value and not fresh and time.monotonic() - read_at < CACHED_SECONDS:
            return value
        try:
            secret = await self._client.get_secret(name)
        except ResourceNotFoundError as error:
            raise VaultUnavailable(f"Key Vault has no secret named {name}. Store the client secret there.") from error
        except ClientAuthenticationError as error:
            raise VaultUnavailable(
                "Key Vault refused the app. Give its managed identity the role Key Vault Secrets User."
            ) from error
        except HttpResponseError as error:
            raise VaultUnavailable(f"Key Vault answered with an error ({error.status_code}).") from error
        except AzureError as error:
            raise VaultUnavailable("Key Vault cannot be reached.") from error
        if not secret.value or secret.value.startswith("@Microsoft.KeyVault("):
            raise VaultUnavailable(f"The secret {name} is empty, or only a reference to a secret. Store its value.")
        self._cached[name] = (time.monotonic(), secret.value)
        return secret.value

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()
