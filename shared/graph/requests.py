"""Requests to Graph, made with the SDK's builders."""

from typing import Any

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation

IMMUTABLE = 'IdType="ImmutableId"'
"""Preference for ids that stay the same when an item is moved. It holds for the one request that carries it."""


def get(builder: Any, *prefer: str, **query: Any) -> RequestInformation:
    """A GET with OData query options, such as `select` and `top`, and preferences (RFC 7240)."""
    parameters = next(value for name, value in vars(type(builder)).items() if name.endswith("GetQueryParameters"))
    configuration = RequestConfiguration(query_parameters=parameters(**query))
    for preference in prefer:
        configuration.headers.add("Prefer", preference)
    request: RequestInformation = builder.to_get_request_information(configuration)
    return request
