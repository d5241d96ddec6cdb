"""Pages of a list: `top`, and a `nextLink` that never ages.

The link carries the place to go on from, and a digest that binds it to the list, the filters and itself. The digest is
no secret: a place is only ever looked for in the list and with the filters that the request itself asks for.
"""

import base64
import binascii
import json
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from shared.errors import Invalid
from shared.mail.message_key import digest
from shared.paging import Place
from shared.web.shapes import Shape

DEFAULT_TOP = 50
LARGEST_TOP = 200


class ListQuery(Shape):
    """What every list takes."""

    top: Annotated[int, Field(ge=1, le=LARGEST_TOP)] = DEFAULT_TOP
    cursor: Annotated[str, Field(max_length=1000)] = ""
    """From a `nextLink`."""


def start_of(request: Request, query: ListQuery) -> Place | None:
    """The place that the request's cursor names. Raises Invalid when it was changed, or made for another list."""
    if not query.cursor:
        return None
    place, _, signature = query.cursor.partition(".")
    if signature != _signature(request, place):
        raise Invalid("The request is not valid.", {"cursor": "This link was changed, or made for other filters."})
    try:
        bucket, row_key = json.loads(base64.urlsafe_b64decode(place))
    except (binascii.Error, ValueError) as error:
        raise Invalid("The request is not valid.", {"cursor": "This link was changed."}) from error
    return Place(bucket, row_key)


def next_link(request: Request, place: Place | None) -> str | None:
    """The absolute address of the next page."""
    if place is None:
        return None
    encoded = base64.urlsafe_b64encode(json.dumps([place.bucket, place.row_key]).encode()).decode()
    return str(request.url.include_query_params(cursor=f"{encoded}.{_signature(request, encoded)}"))


def _signature(request: Request, place: str) -> str:
    query = sorted((name, value) for name, value in request.query_params.multi_items() if name != "cursor")
    return digest(request.url.path, json.dumps(query), place)
