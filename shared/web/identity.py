"""Who is signed in, as App Service Authentication says, and what they may do."""

import base64
import binascii
import json
from dataclasses import dataclass
from enum import IntEnum

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

PRINCIPAL_HEADER = "x-ms-client-principal"
_ROLE_TYPES = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
_NAME_TYPES = ("name", "preferred_username", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")


class Role(IntEnum):
    """App roles of the Entra application. Each includes those below it."""

    READ = 1
    SALES = 2
    ADMIN = 3


_APP_ROLES = {"EmailLogging.Read": Role.READ, "EmailLogging.Sales": Role.SALES, "EmailLogging.Admin": Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some program, who is signed in. Without a role they may do nothing."""

    name: str
    role: Role | None

    def may(self, role: Role) -> bool:
        """Whether they have the role, or one that includes it."""
        return self.role is not None and self.role >= role


def signed_in(connection: HTTPConnection) -> Person | None:
    """The person of a request, or None.

    The header is not signed: it may be believed only where App Service puts it there and takes away everybody else's.
    """
    header = connection.headers.get(PRINCIPAL_HEADER)
    if not header or not connection.app.state.settings.trusts_principal_header:
        return None
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in principal["claims"]]
        role_types = _ROLE_TYPES | {str(principal.get("role_typ"))}
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None
    roles = [_APP_ROLES[value] for kind, value in claims if kind in role_types and value in _APP_ROLES]
    by_type = dict(reversed(claims))
    name = next((by_type[kind] for kind in _NAME_TYPES if kind in by_type), "")
    return Person(name, max(roles, default=None))


def require(connection: HTTPConnection, role: Role) -> Person:
    """The person of a request, who has the role. Raises 401 or 403."""
    person = signed_in(connection)
    if person is None:
        raise HTTPException(401, "Sign in first.")
    if not person.may(role):
        raise HTTPException(403, f"This needs the role EmailLogging.{role.name.capitalize()}. Ask your administrator.")
    return person
