"""How the product drives msgraph-sdk: its request builders and middleware, with the answer taken as bytes."""

import json
from typing import Any

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody
from msgraph.graph_service_client import GraphServiceClient

from tests.tenant.letters import LOGGING_MAILBOX


async def answer(graph: GraphServiceClient, request: RequestInformation) -> Any:
    """The parsed JSON. Raises ODataError for every status from 400 on."""
    raw: object = await graph.request_adapter.send_primitive_async(request, "bytes", {"XXX": ODataError})
    assert isinstance(raw, bytes)
    return json.loads(raw)


async def move(graph: GraphServiceClient, item_id: str, *, max_retries: int = 0) -> Any:
    """Move to Archive; the message as it is then."""
    message = graph.users.by_user_id(LOGGING_MAILBOX).messages.by_message_id(item_id)
    configuration: RequestConfiguration[Any] = RequestConfiguration(
        options=[RetryHandlerOption(max_retries=max_retries)]
    )
    request = message.move.to_post_request_information(MovePostRequestBody(destination_id="archive"), configuration)
    return await answer(graph, request)
