"""The product's own API, as `make run` uses it."""

from typing import Any

import httpx


class ApiRefusedError(Exception):
    """The product answered with an error; the text says to what, and its reason."""


class Api:
    """Calls with one bearer token. Addresses are below `/api`. Raises ApiRefusedError for any error."""

    def __init__(self, base: str, token: str) -> None:
        # `trust_env=False`: a proxy of this machine has no business with 127.0.0.1.
        self._client = httpx.Client(
            base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=120, trust_env=False
        )

    def get(self, address: str) -> Any:
        return self._call("GET", address, None)

    def put(self, address: str, body: Any) -> Any:
        return self._call("PUT", address, body)

    def post(self, address: str, body: Any = None) -> Any:
        return self._call("POST", address, body)

    def answers(self) -> bool:
        """If the product is up."""
        try:
            return self._client.get("health", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, address: str, body: Any) -> Any:
        try:
            answer = self._client.request(method, address, json=body)
        except httpx.TransportError as error:
            raise ApiRefusedError(f"{method} {address}: no answer ({error!r})") from error
        if answer.is_error:
            raise ApiRefusedError(f"{method} {address}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
