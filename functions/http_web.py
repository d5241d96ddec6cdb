"""Every HTTP request: the API and the pages, on FastAPI.

One catch-all function, because the API's paths, its OpenAPI document and its checks live in one router.
"""

from functools import cache

import azure.functions as func

from shared import wiring

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
    response: func.HttpResponse = await _web().handle_async(req, context)
    return response
