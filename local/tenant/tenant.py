"""One organisation with its Entra ID, Key Vault, Graph and Exchange, started and stopped as a whole."""

from pathlib import Path
from typing import Self
from uuid import NAMESPACE_URL, uuid4, uuid5

from starlette.applications import Starlette
from starlette.routing import Route

from local.certificates import certificates_in
from local.tenant.control import Control
from local.tenant.entra import Entra
from local.tenant.exchange import Exchange
from local.tenant.gate import Gate
from local.tenant.graph.folders import Folders
from local.tenant.graph.messages import Messages
from local.tenant.graph.notifications import Notifier
from local.tenant.graph.routes import routes
from local.tenant.graph.subscriptions import LifecycleEvent, Subscriptions
from local.tenant.knobs import Knobs
from local.tenant.outlook_page import OutlookPage
from local.tenant.servers import Servers
from local.tenant.tokens import Tokens
from local.tenant.vault import Vault

API_AUDIENCE = "api://email-logging"
SECRET_NAME = "graph-client-secret"


class Tenant:
    """Ports are free ones unless given; the certificates folder is kept between runs."""

    def __init__(
        self,
        domain: str,
        logging_mailbox: str,
        certificates_folder: Path,
        https_port: int = 0,
        smtp_port: int = 0,
        bcc_foldering: bool = False,
    ) -> None:
        self.domain, self.logging_mailbox = domain, logging_mailbox
        self.tenant_id = str(uuid4())
        self.knobs = Knobs()
        self._certificates = certificates_in(certificates_folder)
        self._servers = Servers(https_port, smtp_port)
        self.url = f"https://localhost:{self._servers.https_port}"
        self.smtp = f"127.0.0.1:{self._servers.smtp_port}"

        self._tokens = Tokens(self.tenant_id, self.knobs)
        self._entra = Entra(self._tokens, self.knobs, self.tenant_id, self.url)
        self._vault = Vault(self._tokens, self.knobs, self.url, self.tenant_id, SECRET_NAME)
        self._vault.keep(self._entra.client_secret)
        self.exchange = Exchange(domain, logging_mailbox, self.tenant_id, self.knobs.now, bcc_foldering=bcc_foldering)
        self.exchange.mailbox(logging_mailbox)
        self._notifier = Notifier(self._certificates.authority)
        self.subscriptions = Subscriptions(self.exchange, self.knobs, self._notifier, self.tenant_id)
        self.exchange.on_created = self.subscriptions.created
        self.gate = Gate(self.knobs)
        self._control = Control(
            self.knobs,
            self.gate,
            self.exchange,
            self.subscriptions,
            self._notifier,
            self.rotate_secret,
            self.revoke_tokens,
        )

    def start(self) -> Self:
        """Returns when both ports answer."""
        self._servers.start(
            Starlette(routes=self._routes()),
            self.exchange,
            self._certificates.server,
            self._notifier.start,
            self._notifier.stop,
        )
        return self

    def stop(self) -> None:
        self._servers.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def client_id(self) -> str:
        return self._entra.client_id

    @property
    def client_secret(self) -> str:
        return self._entra.client_secret

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/{self.tenant_id}/discovery/v2.0/keys"

    @property
    def issuer(self) -> str:
        return f"{self.url}/{self.tenant_id}/v2.0"

    @property
    def certificate_authority(self) -> Path:
        """PEM file of the authority that clients have to trust."""
        return self._certificates.authority

    def settings(self) -> dict[str, str]:
        """The environment in which the product and its SDKs find this box."""
        return {
            "ENTRA_TENANT_ID": self.tenant_id,
            "ENTRA_AUTHORITY": self.url,
            "GRAPH_URL": f"{self.url}/v1.0",
            "KEY_VAULT_URL": self.url,
            "CLIENT_SECRET_NAME": SECRET_NAME,
            "IDENTITY_ENDPOINT": f"{self.url}/identity/token",
            "IDENTITY_HEADER": self._entra.identity_header,
            "SSL_CERT_FILE": str(self.certificate_authority),
            "REQUESTS_CA_BUNDLE": str(self.certificate_authority),
        }

    def token(self, roles: list[str], name: str, username: str, lifetime_seconds: int = 30 * 24 * 3600) -> str:
        """A person's bearer token for the product's API; the same username is the same person (oid)."""
        person = {
            "oid": str(uuid5(NAMESPACE_URL, f"{self.tenant_id}/{username.lower()}")),
            "name": name,
            "preferred_username": username,
            "roles": roles,
        }
        return self._tokens.issue(self.issuer, API_AUDIENCE, lifetime_seconds, person)

    def rotate_secret(self) -> str:
        """A new client secret: the vault has it, Entra refuses the old one."""
        secret = self._entra.rotate_secret()
        self._vault.keep(secret)
        return secret

    def revoke_tokens(self) -> None:
        """Refuse every token that exists now."""
        self._tokens.revoke()

    def lifecycle(self, event: LifecycleEvent, subscription_id: str | None = None) -> None:
        """Send a lifecycle notice to one subscriber, or to all."""
        self.subscriptions.lifecycle(event, subscription_id)

    def _routes(self) -> list[Route]:
        messages = Messages(self.exchange, self.knobs, self.url)
        folders = Folders(messages, self.url)
        entra, vault, before = self._entra, self._vault, self.gate.before
        return [
            *routes(self.gate, self._tokens, messages, folders, self.subscriptions),
            Route("/secrets/{name}", before("vault", "secret", vault.secret)),
            Route("/secrets/{name}/{version:path}", before("vault", "secret", vault.secret)),
            Route("/identity/token", before("entra", "managedIdentity", entra.managed_identity)),
            Route("/owa/", OutlookPage(self.exchange).read),
            *self._control.routes(),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", before("entra", "discovery", entra.configuration)),
            Route("/{tenant}/discovery/v2.0/keys", before("entra", "keys", entra.keys)),
            Route("/{tenant}/oauth2/v2.0/token", before("entra", "token", entra.token), methods=["POST"]),
        ]
