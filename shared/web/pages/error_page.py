"""An error as a page: what happened and what to do."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.web.pages.templates import render


def error_page(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The page for an error with this HTTP status."""
    html = render(request, "error.html", status=status, title=HTTPStatus(status).phrase, detail=detail)
    return HTMLResponse(html, status, headers)
