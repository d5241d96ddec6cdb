"""Graph's change notifications and lifecycle notices. Nobody signs in here: the subscription's secret is checked.

A door of its own, not a route of the web, because an answer is owed within three seconds also from a cold instance.
"""

import json

import azure.functions as func

from shared import wiring
from shared.errors import Invalid, StorageUnavailable
from shared.jobs.accept_notifications import accept_notifications, notices_in

blueprint = func.Blueprint()


@blueprint.route(route="api/graph/{kind}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def http_graph_notifications(req: func.HttpRequest) -> func.HttpResponse:
    """`kind` is notifications or lifecycle; both carry the same kind of list."""
    if token := req.params.get("validationToken"):
        # Graph wants its token back as plain text. It is not ours: no browser may take it for a page.
        headers = {"X-Content-Type-Options": "nosniff"}
        return func.HttpResponse(token, headers=headers, mimetype="text/plain", charset="utf-8")
    try:
        await accept_notifications(wiring.world(), notices_in(json.loads(req.get_body())))
    except (ValueError, Invalid):
        return func.HttpResponse(status_code=400)
    except StorageUnavailable:
        return func.HttpResponse(status_code=503)
    return func.HttpResponse(status_code=202)
