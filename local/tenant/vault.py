"""Key Vault with one secret. https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret"""

from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.knobs import Knobs
from local.tenant.tokens import VAULT, RefusedTokenError, Tokens


class Vault:
    """Keeps every version of the secret; the newest is the one given unasked."""

    def __init__(self, tokens: Tokens, knobs: Knobs, url: str, tenant_id: str, name: str) -> None:
        self._tokens, self._knobs, self._url, self._tenant_id, self._name = tokens, knobs, url, tenant_id, name
        self._versions: dict[str, tuple[str, int]] = {}

    def keep(self, value: str) -> None:
        """A new version of the secret, good for half a year."""
        self._versions[uuid4().hex] = value, int(self._knobs.now().timestamp())

    async def secret(self, request: Request) -> Response:
        try:
            self._tokens.check(request.headers.get("authorization", ""), VAULT)
        except RefusedTokenError as refusal:
            return self._challenge(str(refusal))
        name = request.path_params["name"]
        version = request.path_params.get("version") or next(reversed(self._versions), "")
        if name.lower() != self._name.lower() or version not in self._versions:
            message = f"A secret with (name/id) {name} was not found in this key vault."
            return _error(HTTPStatus.NOT_FOUND, "SecretNotFound", message)
        value, created = self._versions[version]
        attributes = {
            "enabled": True,
            "created": created,
            "updated": created,
            "exp": created + int(timedelta(days=180).total_seconds()),
            "recoveryLevel": "Recoverable+Purgeable",
        }
        return JSONResponse(
            {"value": value, "id": f"{self._url}/secrets/{self._name}/{version}", "attributes": attributes}
        )

    def _challenge(self, reason: str) -> Response:
        answer = _error(HTTPStatus.UNAUTHORIZED, "Unauthorized", f"AKV10000: {reason}")
        answer.headers["WWW-Authenticate"] = f'Bearer authorization="{self._url}/{self._tenant_id}", resource="{VAULT}"'
        return answer


def _error(status: HTTPStatus, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
