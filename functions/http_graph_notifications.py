"""Graph's change notifications and lifecycle notices. Nobody signs in here: the subscription's secret is checked.

A door of its own, not a route of the web, because an answer is owed within three seconds also from a cold instance.
"""

import json

import azure.functions as func

from shared import wiring
from shared.errors import Invalid, StorageUnavailable
from shared.jobs.accept_notifications import accept_notifications, notices_in
from shared.problem_document import MEDIA_TYPE, problem_document

LARGEST_BODY = 256 * 1024
"""Bytes: thousands of notifications. Anybody may send some, and each costs a look into storage."""
KINDS = {"notifications", "lifecycle"}
blueprint = func.Blueprint()


@blueprint.route(route="api/graph/{kind}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def http_graph_notifications(req: func.HttpRequest) -> func.HttpResponse:
    """Both kinds carry the same kind of list. Graph tries again where it gets a 503."""
    if req.route_params.get("kind") not in KINDS:
        return _problem(404, "There is nothing at this address.")
    if token := req.params.get("validationToken"):
        # Graph wants its token back as plain text. It is not ours: no browser may take it for a page.
        headers = {"X-Content-Type-Options": "nosniff"}
        return func.HttpResponse(token, headers=headers, mimetype="text/plain", charset="utf-8")
    if len(req.get_body()) > LARGEST_BODY:
        return _problem(413, f"A change notification has at most {LARGEST_BODY} bytes.")
    try:
        await accept_notifications(wiring.world(), notices_in(json.loads(req.get_body())))
    except ValueError:
        return _problem(422, "The body is not JSON.")
    except Invalid as error:
        return _problem(422, error.message)
    except StorageUnavailable as error:
        return _problem(503, error.message, {"Retry-After": str(round(error.retry_after))})
    return func.HttpResponse(status_code=202)


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> func.HttpResponse:
    body = json.dumps(problem_document(status, detail))
    return func.HttpResponse(body, status_code=status, headers=headers, mimetype=MEDIA_TYPE)
