"""Problem details (RFC 9457): how every error of the API looks."""

from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"


def problem_document(status: int, detail: str, errors: dict[str, str] | None = None) -> dict[str, Any]:
    """The document. `errors` says what is wrong with which field."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    return body
