"""Style sheets, scripts and pictures, for whoever is signed in."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from shared.web.identity import signed_in

_CACHED = "private, max-age=3600"


class SignedInFiles(StaticFiles):
    """Static files, closed to strangers as everything else is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file. Raises 401."""
        if signed_in(HTTPConnection(scope)) is None:
            raise HTTPException(401, "Sign in first.")
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _CACHED
        return response
