"""Access tokens: RS256 JSON Web Tokens, signed with a key that lives as long as the box."""

from base64 import urlsafe_b64encode
from itertools import count
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from local.tenant.knobs import Knobs

GRAPH = "https://graph.microsoft.com"
VAULT = "https://vault.azure.net"


class RefusedTokenError(Exception):
    """A token that is not good for what it was shown for; the text says why."""


class Tokens:
    """Issues and checks tokens for everything in the box."""

    def __init__(self, tenant_id: str, knobs: Knobs) -> None:
        self._tenant_id, self._knobs = tenant_id, knobs
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = uuid4().hex
        self._serial = count(1)
        self._revoked_up_to = 0
        self._checked: dict[str, dict[str, Any]] = {}

    def issue(self, issuer: str, audience: str, lifetime_seconds: int, claims: dict[str, Any]) -> str:
        """A signed token, good from now on."""
        now = int(self._knobs.now().timestamp())
        standard = {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_seconds,
            "tid": self._tenant_id,
            "uti": str(next(self._serial)),
            "ver": "2.0",
        }
        return jwt.encode(standard | claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

    def revoke(self) -> None:
        """Every token that exists now is refused from now on."""
        self._revoked_up_to = next(self._serial)

    def check(self, authorization: str, audience: str) -> dict[str, Any]:
        """The claims of a bearer token for this audience. Raises RefusedTokenError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusedTokenError("Access token is empty.")
        claims = self._checked.get(token) or self._signed_by_us(token)
        if claims.get("aud") not in _same(audience):
            raise RefusedTokenError("Access token validation failure. Invalid audience.")
        if self._knobs.now().timestamp() >= float(claims["exp"]):
            raise RefusedTokenError("Lifetime validation failed, the token is expired.")
        if int(claims["uti"]) <= self._revoked_up_to:
            raise RefusedTokenError("Continuous access evaluation resulted in challenge: TokenIssuedBeforeRevocation.")
        return claims

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._key_id}
        return {"keys": [key | {"n": _base64(numbers.n), "e": _base64(numbers.e)}]}

    def _signed_by_us(self, token: str) -> dict[str, Any]:
        try:
            # Time and audience are checked on every use, by the box's own clock.
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise RefusedTokenError("IDX14100: JWT is not well formed or its signature is invalid.") from error
        self._checked[token] = claims
        return claims


def _same(audience: str) -> tuple[str, str]:
    """Entra writes an audience with or without the last slash, as it was asked."""
    return audience, audience + "/"


def _base64(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
