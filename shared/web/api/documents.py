"""The API's description of itself: /api/openapi.json, and Swagger UI at /api/docs from files that we serve."""

from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.pages.templates import render
from shared.web.shapes import FieldProblem, Problem, problems

router = APIRouter(route_class=guarded(read=Role.READ, write=None), include_in_schema=False)


@router.get("/openapi.json")
async def get_document(request: Request) -> JSONResponse:
    """The OpenAPI document, made once."""
    app = request.app
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return JSONResponse(app.openapi_schema)


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """Swagger UI."""
    return HTMLResponse(render(request, "swagger.html"))


def _document(app: Any) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description="Reads the logging mailbox, keeps the interaction log, and makes opportunities.",
        routes=app.routes,
    )
    document["paths"] |= {
        f"/api/graph/{kind}": {"post": _notifications(kind)} for kind in ("notifications", "lifecycle")
    }
    schemas = document["components"]["schemas"]
    for shape in (Problem, FieldProblem):
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[shape.__name__].pop("$defs", None)
    # FastAPI describes its own 422, which ours replaces.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _notifications(kind: str) -> dict[str, Any]:
    """The door of Graph's notifications, which is not a route of this app: see `functions/http_graph_notifications`."""
    answers: dict[str, Any] = {
        "200": {"description": "The validation token, as plain text.", "content": {"text/plain": {}}},
        "202": {"description": "Taken. Notices that do not carry the subscription's secret are left alone."},
    }
    return {
        "tags": ["Microsoft Graph"],
        "summary": f"Microsoft Graph's {kind}",
        "operationId": f"graph_{kind}",
        "parameters": [{"name": "validationToken", "in": "query", "required": False, "schema": {"type": "string"}}],
        "requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": answers | {str(status): problems(status)[status] for status in (422, 503)},
    }
