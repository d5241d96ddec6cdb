"""Entra ID: discovery, the token endpoint, signing keys, and App Service's managed identity."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.knobs import Knobs
from local.tenant.tokens import GRAPH, Tokens

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ERRORS = {
    7000215: (401, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is "
              "the client secret value, not the client secret ID, for a secret added to app '{0}'."),
    700016: (400, "unauthorized_client", "Application with identifier '{0}' was not found in the directory '{1}'."),
    90002: (400, "invalid_request", "Tenant '{1}' not found. Check to make sure you have the correct tenant ID."),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{0}'."),
    1002012: (400, "invalid_scope", "The provided value for scope {0} is not valid. Client credential flows must have "
              "a scope value with /.default suffixed to the resource identifier."),
}  # fmt: skip


class Entra:
    """One directory with one registered application and the managed identity of one function app."""

    def __init__(self, tokens: Tokens, knobs: Knobs, tenant_id: str, url: str) -> None:
        self._tokens, self._knobs, self._tenant_id, self._url = tokens, knobs, tenant_id, url
        self.client_id = str(uuid4())
        self.client_secret = _new_secret()
        self.identity_header = uuid4().hex

    def rotate_secret(self) -> str:
        """A new secret; the old one is refused from now on."""
        self.client_secret = _new_secret()
        return self.client_secret

    async def configuration(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if tenant != self._tenant_id:
            return self._refusal(90002, "", tenant)
        base = f"{self._url}/{tenant}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        return JSONResponse(self._tokens.key_set())

    async def token(self, request: Request) -> Response:
        """Client credentials only. Expects the secret in the form, as azure-identity sends it."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        tenant, client, scope = request.path_params["tenant"], form.get("client_id", ""), form.get("scope", "")
        if tenant != self._tenant_id:
            return self._refusal(90002, client, tenant)
        if form.get("grant_type") != "client_credentials":
            return self._refusal(70003, form.get("grant_type", ""), tenant)
        if client != self.client_id:
            return self._refusal(700016, client, tenant)
        if form.get("client_secret") != self.client_secret:
            return self._refusal(7000215, client, tenant)
        audience = next((one[: -len("/.default")] for one in scope.split() if one.endswith("/.default")), "")
        if not audience:
            return self._refusal(1002012, scope, tenant)
        roles = self._knobs.graph_roles if audience == GRAPH else []
        lifetime = self._knobs.token_lifetime_seconds
        token = self._issue(audience, {"appid": client, "oid": client, "roles": roles})
        return JSONResponse(
            {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
        )

    async def managed_identity(self, request: Request) -> Response:
        """https://learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference"."""
        resource = request.query_params.get("resource", "").removesuffix("/.default")
        if request.headers.get("x-identity-header") != self.identity_header:
            return JSONResponse({"statusCode": 401, "message": "Unauthorized"}, HTTPStatus.UNAUTHORIZED)
        if request.query_params.get("api-version") != "2019-08-01" or not resource:
            return JSONResponse({"statusCode": 400, "message": "BadRequest"}, HTTPStatus.BAD_REQUEST)
        token = self._issue(resource, {"oid": str(uuid4())})
        expires = int(self._knobs.now().timestamp()) + self._knobs.token_lifetime_seconds
        return JSONResponse(
            {"access_token": token, "expires_on": str(expires), "resource": resource, "token_type": "Bearer"}
        )

    def _issue(self, audience: str, claims: dict[str, Any]) -> str:
        issuer = f"{self._url}/{self._tenant_id}/v2.0"
        return self._tokens.issue(issuer, audience, self._knobs.token_lifetime_seconds, claims)

    def _refusal(self, code: int, subject: str, tenant: str) -> Response:
        status, error, text = _ERRORS[code]
        trace, correlation = str(uuid4()), str(uuid4())
        at = self._knobs.now().strftime("%Y-%m-%d %H:%M:%SZ")
        description = (
            f"AADSTS{code}: {text.format(subject, tenant)} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {at}"
        )
        return JSONResponse(
            {
                "error": error,
                "error_description": description,
                "error_codes": [code],
                "timestamp": at,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"{self._url}/error?code={code}",
            },
            status,
        )


def _new_secret() -> str:
    return f"box8Q~{uuid4().hex}"
