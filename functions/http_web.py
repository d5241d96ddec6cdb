"""Every HTTP request: the API and the pages, on FastAPI.

One catch-all function, because the API's paths, its OpenAPI document and its checks live in one router.
"""

import json
from functools import cache

import azure.functions as func

from shared import wiring
from shared.problem_document import MEDIA_TYPE, problem_document

NO_SUCH_ADDRESS = json.dumps(problem_document(404, "There is nothing at this address."))
blueprint = func.Blueprint()


@cache
def _web() -> func.AsgiMiddleware:
    from shared.web.app import create_app  # FastAPI takes a third of a second to load: the timer need not wait for it

    return func.AsgiMiddleware(create_app(wiring.settings(), wiring.world))


@blueprint.route(
    route="{*path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], auth_level=func.AuthLevel.ANONYMOUS
)
async def http_web(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Anonymous to the Functions host: App Service Authentication says who it is, and the app what they may do."""
    try:
        response: func.HttpResponse = await _web().handle_async(req, context)
    except UnicodeDecodeError:  # the middleware cannot read an address that is not UTF-8, and the app never sees it
        return func.HttpResponse(NO_SUCH_ADDRESS, status_code=404, mimetype=MEDIA_TYPE)
    return response
