"""Errors as the API shows them: RFC 9457 problem details, in plain words, never a stack trace."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import (
    Conflict,
    Invalid,
    MailboxRefused,
    MessageFailed,
    MessageGone,
    NotFound,
    ProductError,
    RowRefused,
    SignInRefused,
    Stale,
    Unavailable,
)
from shared.problem_document import MEDIA_TYPE, problem_document
from shared.web.pages.error_page import error_page

_STATUS: dict[type[ProductError], int] = {
    Invalid: 422,
    RowRefused: 422,
    NotFound: 404,
    MessageGone: 404,
    Stale: 412,
    Conflict: 409,
    Unavailable: 503,
    SignInRefused: 503,
    MailboxRefused: 503,
    MessageFailed: 503,
}
_RETRY_AFTER = 60
"""Seconds, where somebody has to correct something first."""


def problem(
    status: int, detail: str, errors: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """A problem document. `errors` says what is wrong with which field."""
    return JSONResponse(problem_document(status, detail, errors), status, headers, MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Makes every error of the app a problem document, or for a page, a page."""
    app.add_exception_handler(ProductError, _product_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


class LastResort:
    """The one place that takes any error: it is logged, and the caller sees a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:
            # A boundary: whatever it is, it must not end the worker or show its insides.
            logging.getLogger("email_logging.web").exception("A request failed.")
            answer = problem(500, "Something went wrong on our side. Try again; if it stays, tell your administrator.")
            await answer(scope, receive, send)


async def _product_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProductError)  # noqa: S101 - it was registered for these
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    headers = {}
    if status == 503:
        wait = error.retry_after if isinstance(error, Unavailable) else _RETRY_AFTER
        headers["Retry-After"] = str(round(wait))
    return _answer(request, status, error.message, error.fields if isinstance(error, Invalid) else None, headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it was registered for these
    faults = {_field(fault["loc"]): _message(fault) for fault in error.errors()}
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return _answer(request, 422, "The body is not JSON.")
    return _answer(request, 422, "The request is not valid.", faults)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it was registered for these
    if error.status_code == 400:  # FastAPI's, for a body that is not UTF-8, or too much for the parser
        return _answer(request, 422, "The body cannot be read.")
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _DETAILS.get(error.status_code)
    return _answer(request, error.status_code, detail or error.detail, None, dict(error.headers or {}))


_DETAILS = {404: "There is nothing at this address.", 405: "This address does not take that method."}


def _answer(
    request: Request,
    status: int,
    detail: str,
    errors: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    if not request.url.path.startswith("/api") and "text/html" in request.headers.get("accept", ""):
        return error_page(request, status, " ".join([detail, *(errors or {}).values()]), headers)
    return problem(status, detail, errors, headers)


def _field(location: tuple[int | str, ...]) -> str:
    """`body.stages.0.code` is `stages.0.code` to whoever sent it."""
    return ".".join(map(str, location[1:])) or str(location[0])


_MESSAGES = {
    "extra_forbidden": "There is no such field.",
    "missing": "This field is needed.",
    "string_pattern_mismatch": "It is not written as it must be: see the API's description.",
    "string_too_short": "It may not be empty.",
    "string_type": "It must be text.",
    "bool_type": "It must be true or false.",
    "bool_parsing": "It must be true or false.",
    "int_type": "It must be a whole number.",
    "int_parsing": "It must be a whole number.",
    "float_type": "It must be a number.",
    "decimal_type": "It must be a number.",
    "list_type": "It must be a list.",
    "model_attributes_type": "It must be a JSON object.",
    "date_type": "Write a date as YYYY-MM-DD.",
    "date_parsing": "Write a date as YYYY-MM-DD.",
    "date_from_datetime_parsing": "Write a date as YYYY-MM-DD.",
    "date_from_datetime_inexact": "Write a date as YYYY-MM-DD.",
}
"""What is wrong with a field, in plain words, by pydantic's name for it. Others say it well enough themselves."""


def _message(fault: dict[str, Any]) -> str:
    return _MESSAGES.get(fault["type"]) or f"{str(fault['msg']).removeprefix('Value error, ')}."
