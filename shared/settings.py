"""The app's settings: read once from the environment into a frozen object. Nothing else reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """A setting is missing or wrong. The message names it and says what was expected; values are never shown."""


def setting(name: str, help_text: str, default: str | None = None) -> str:
    """Declares a setting: its name in the environment, what it is for, and its default (None: it must be given)."""
    value: str = field(metadata={"name": name, "help": help_text, "default": default})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the app. README's table and `local.settings.sample.json` are held to this list by a test."""

    storage_connection: str = setting(
        "AzureWebJobsStorage",
        "Connection string of the storage account. For development; in Azure leave it out and give the two URLs below.",
        "",
    )
    table_service_url: str = setting(
        "AzureWebJobsStorage__tableServiceUri", "URL of the account's Table service, opened by managed identity.", ""
    )
    queue_service_url: str = setting(
        "AzureWebJobsStorage__queueServiceUri", "URL of the account's Queue service, opened by managed identity.", ""
    )
    identity_client_id: str = setting(
        "AzureWebJobsStorage__clientId", "Client id of a user-assigned managed identity; empty for the app's own.", ""
    )
    entra_tenant_id: str = setting("ENTRA_TENANT_ID", "Directory (tenant) id of the organisation.")
    entra_authority: str = setting(
        "ENTRA_AUTHORITY", "Where Entra ID signs the app in to Microsoft Graph.", "https://login.microsoftonline.com"
    )
    graph_url: str = setting("GRAPH_URL", "Root of Microsoft Graph.", "https://graph.microsoft.com/v1.0")
    key_vault_url: str = setting("KEY_VAULT_URL", "URL of the Key Vault that holds the client secret.")
    client_secret_name: str = setting(
        "CLIENT_SECRET_NAME", "Name of the secret in the Key Vault.", "graph-client-secret"
    )
    hostname: str = setting(
        "WEBSITE_HOSTNAME",
        "Set by App Service: the app's host name, to which Microsoft Graph sends notifications.",
        "",
    )
    authentication_enabled: str = setting(
        "WEBSITE_AUTH_ENABLED",
        "Set by App Service when Authentication is on. Only then is the signed-in person's header believed.",
        "False",
    )

    @property
    def public_url(self) -> str:
        """The app's own address, https except on this very machine."""
        scheme = "http" if is_local(f"//{self.hostname}") else "https"
        return f"{scheme}://{self.hostname}"

    @property
    def trusts_principal_header(self) -> bool:
        """Whether App Service Authentication stands in front of the app."""
        return self.authentication_enabled.lower() == "true"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Parses the environment. Raises SettingsError for the first setting that is missing or wrong."""
    values: dict[str, str] = {}
    for one in fields(Settings):
        name, default = one.metadata["name"], one.metadata["default"]
        value = environment.get(name, "").strip() or default
        if value is None:
            raise SettingsError(f"The setting {name} is missing. It is: {one.metadata['help']}")
        if (one.name.endswith("_url") or one.name == "entra_authority") and value and not _is_https_url(value):
            raise SettingsError(f"The setting {name} must be a URL that begins with https://.")
        values[one.name] = value
    settings = Settings(**values)
    if not settings.storage_connection and not (settings.table_service_url and settings.queue_service_url):
        raise SettingsError(
            "No storage account is named. Give AzureWebJobsStorage__tableServiceUri and "
            "AzureWebJobsStorage__queueServiceUri, or AzureWebJobsStorage for development."
        )
    return settings


def is_local(url: str) -> bool:
    """Whether the URL is on this very machine: only there may the checks that name Microsoft's hosts be left out."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1"}


def _is_https_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme == "https" and bool(parts.hostname)
