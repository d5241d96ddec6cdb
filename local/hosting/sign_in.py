"""App Service Authentication ("Easy Auth"), played in front of the functions.

Headers of that name from outside are removed, always. A bearer token, or the sign-in cookie, of the tenant's Entra ID
becomes the headers that the platform adds:
https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.hosting.sign_in_page import Person, sign_in_page

AUDIENCE = "api://email-logging"
COOKIE = "AppServiceAuthSession"
PLATFORM_HEADERS = ("x-ms-client-principal", "x-ms-token-")
NAME_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
ROLE_CLAIM = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

Claims = dict[str, Any]


@dataclass
class Tokens:
    """Checks tokens of one issuer: signature, issuer, audience and expiry."""

    issuer: str
    jwks_url: str
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)

    async def claims(self, token: str) -> Claims | None:
        """What a good token says; None for any other. Raises httpx.HTTPError when the keys cannot be read."""
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                return None
            required = ["exp", "iss", "aud"]
            return jwt.decode(token, key, ["RS256"], {"require": required}, audience=AUDIENCE, issuer=self.issuer)
        except jwt.PyJWTError:
            return None

    async def _key(self, key_id: str) -> jwt.PyJWK | None:
        if key_id not in self._keys:
            async with httpx.AsyncClient() as client:
                answer = (await client.get(self.jwks_url)).raise_for_status()
            self._keys = {str(key.key_id): key for key in jwt.PyJWKSet.from_dict(answer.json()).keys}
        return self._keys.get(key_id)


class SignIn:
    """The ASGI app in front. `automatic` is the token of who a request without any is taken for; None for nobody."""

    def __init__(self, app: ASGIApp, tokens: Tokens, automatic: str | None, people: Iterable[Person]) -> None:
        self._app = app
        self._tokens = tokens
        self._automatic = automatic
        self._people = list(people)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return None
        request = Request(scope, receive)
        token, is_bearer = self._token(request)
        claims = await self._tokens.claims(token) if token else None
        if is_bearer and claims is None:
            refusal = Response(status_code=401, headers={"WWW-Authenticate": f'Bearer realm="{request.url.netloc}"'})
            return await refusal(scope, receive, send)
        if claims is None and self._automatic:
            claims = await self._tokens.claims(self._automatic)
        if request.url.path.startswith("/.auth/"):
            return await self._own_page(request, claims)(scope, receive, send)
        kept = [
            (name, value) for name, value in scope["headers"] if not name.decode("latin-1").startswith(PLATFORM_HEADERS)
        ]
        return await self._app({**scope, "headers": kept + _principal(claims)}, receive, send)

    def _token(self, request: Request) -> tuple[str | None, bool]:
        """The request's token, and if it came as a bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip(), True
        return request.cookies.get(COOKIE), False

    def _own_page(self, request: Request, claims: Claims | None) -> Response:
        back = _local(
            request.query_params.get("post_login_redirect_uri") or request.query_params.get("post_logout_redirect_uri")
        )
        match request.url.path:
            case "/.auth/me":
                return JSONResponse([_me(claims)] if claims else [])
            case "/.auth/logout":
                response: Response = RedirectResponse(back, 302)
                response.delete_cookie(COOKIE)
                return response
            case "/.auth/login/aad":
                return self._sign_in(request, back)
            case _:
                return Response(status_code=404)

    def _sign_in(self, request: Request, back: str) -> Response:
        """The page with the people to choose from; with `?as=` somebody is signed in."""
        chosen = request.query_params.get("as")
        if chosen is None:
            return sign_in_page(self._people, back)
        person = next((person for person in self._people if person.username == chosen), None)
        if person is None:
            return Response(status_code=404)
        response = RedirectResponse(back, 302)
        response.set_cookie(COOKIE, person.token, httponly=True, samesite="lax")
        return response


def _local(address: str | None) -> str:
    """A path of this site, whatever was asked for: a sign-in page must not send people elsewhere."""
    safe = address and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if address and safe and not any(sign in address for sign in "\r\n\t") else "/"


def _principal(claims: Claims | None) -> list[tuple[bytes, bytes]]:
    if claims is None:
        return []
    principal = {"auth_typ": "aad", "claims": _claim_list(claims), "name_typ": NAME_CLAIM, "role_typ": ROLE_CLAIM}
    headers = {
        "x-ms-client-principal": base64.b64encode(json.dumps(principal).encode()).decode(),
        "x-ms-client-principal-id": str(claims.get("oid", "")),
        "x-ms-client-principal-name": str(claims.get("preferred_username", "")),
        "x-ms-client-principal-idp": "aad",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _claim_list(claims: Mapping[str, Any]) -> list[dict[str, str]]:
    """A claim with several values is given once for each."""
    return [
        {"typ": name, "val": str(value)}
        for name, held in claims.items()
        for value in (held if isinstance(held, list) else [held])
    ]


def _me(claims: Claims) -> dict[str, Any]:
    return {
        "provider_name": "aad",
        "user_id": claims.get("preferred_username"),
        "user_claims": _claim_list(claims),
    }
