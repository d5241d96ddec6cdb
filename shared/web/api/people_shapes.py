"""What contacts and salespeople have in common in the API."""

from typing import Annotated, Any

from pydantic import Field

from shared.sales.party import AlternativeAddress
from shared.web.shapes import Shape, Text

type Email = Annotated[Text, Field(max_length=254)]


class AlternativeAddressShape(Shape):
    """A further address, with the code that the log shows for it."""

    code: Text
    email: Email

    def noun(self) -> AlternativeAddress:
        """The product's noun."""
        return AlternativeAddress(self.code, self.email)


CSV_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}},
}
"""How the OpenAPI document describes an import's body."""
