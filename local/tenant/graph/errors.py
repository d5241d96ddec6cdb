"""Graph's way of saying no. https://learn.microsoft.com/graph/errors"""

import uuid
from datetime import UTC, datetime
from typing import Self

from starlette.responses import JSONResponse


class GraphError(Exception):
    """An answer with a status, Graph's code and its message."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self) -> JSONResponse:
        """The answer in the shape that the SDKs parse."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": request_id,
        }
        error = {"code": self.code, "message": self.message, "innerError": inner}
        return JSONResponse({"error": error}, self.status, self.headers | {"request-id": request_id})

    @classmethod
    def throttled(cls, limit: str, retry_after: int | None) -> Self:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls(429, "ApplicationThrottled", f"Application is over its {limit} limit.", headers)

    @classmethod
    def item_not_found(cls) -> Self:
        return cls(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    @classmethod
    def folder_not_found(cls) -> Self:
        return cls(404, "ErrorFolderNotFound", "The specified folder could not be found in the store.")

    @classmethod
    def malformed_id(cls) -> Self:
        return cls(400, "ErrorInvalidIdMalformed", "Id is malformed.")

    @classmethod
    def internal(cls) -> Self:
        return cls(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")

    @classmethod
    def no_property(cls, name: str, kind: str = "Microsoft.OutlookServices.Message") -> Self:
        message = f"Could not find a property named '{name}' on type '{kind}'."
        return cls(400, "RequestBroker--ParseUri", message)

    @classmethod
    def bad_query(cls, message: str) -> Self:
        return cls(400, "ErrorInvalidUrlQuery", message)

    @classmethod
    def bad_filter(cls) -> Self:
        return cls(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
