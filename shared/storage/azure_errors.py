"""What Azure Storage refuses and fails at, in the product's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.errors import RowRefused, StorageUnavailable

NOT_AS_WANTED = {"EntityAlreadyExists", "ResourceNotFound", "EntityDoesNotExist", "UpdateConditionNotSatisfied"}
"""Error codes of a transaction that one row kept from being done."""


class TransactionRefused(Exception):
    """Nothing of a transaction was done, because one row is there already, is not there, or has another etag."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@contextmanager
def translated() -> Iterator[None]:
    """Turns the SDK's errors into the product's. Those that callers tell apart have been taken before."""
    try:
        yield
    except (ResourceExistsError, ResourceNotFoundError):
        raise
    except (ServiceRequestError, ServiceResponseError) as error:
        raise StorageUnavailable("Table Storage cannot be reached.") from error
    except HttpResponseError as error:
        if error.status_code in {400, 413}:
            code = getattr(error, "error_code", None) or error.status_code
            raise RowRefused(f"Table Storage refused a row ({code}).") from error
        raise StorageUnavailable(f"Table Storage answered with an error ({error.status_code}).") from error
    except AzureError as error:
        raise StorageUnavailable("Table Storage could not be used.") from error
