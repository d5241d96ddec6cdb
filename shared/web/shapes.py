"""What all shapes of the API have in common: camelCase, no unknown fields, and values of the right type only."""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from shared.etags import etag_of


class Shape(BaseModel):
    """Anything that goes in or out."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, extra="forbid"
    )

    @classmethod
    def of(cls, noun: Any, **more: Any) -> Self:
        """The shape of a noun: its attributes of the same names, its entity tag, and `more`."""
        values = {name: getattr(noun, name) for name in cls.model_fields if name not in more and hasattr(noun, name)}
        if "etag" in cls.model_fields:
            values["etag"] = etag_of(noun)
        return cls.model_validate(values | more, from_attributes=True)


class PageShape(Shape):
    """A page of a list. `nextLink` is absent at the end."""

    next_link: Annotated[str | None, Field(exclude_if=lambda link: link is None)] = None


def _text(value: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValueError("Control characters are not allowed")
    return value


def _remark(value: str) -> str:
    _text(value.translate(dict.fromkeys(map(ord, "\n\r\t"), " ")))
    if not value.strip():
        raise ValueError("It may not be empty")
    return value


def _date_text(value: Any) -> Any:
    # pydantic would take a number as a time stamp.
    if value is not None and not isinstance(value, (str, date)):
        raise ValueError("Write a date as YYYY-MM-DD")
    return value


def _inner(value: date) -> date:
    # The calendar's first and last day have no day before or after them, and no midnight in every time zone.
    if not date.min < value < date.max:
        raise ValueError("Write a date from 0001-01-02 to 9999-12-30")
    return value


def _exact(value: Any) -> Any:
    # A JSON number as it was written. pydantic would take text for a decimal, too.
    if isinstance(value, (bool, str)):
        raise ValueError("It must be a number")  # noqa: TRY004 - what pydantic expects of a validator
    if isinstance(value, float):
        return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))  # 5.0 is 5, also to an etag
    return value


def _json_number(largest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": 0, "maximum": largest})


type Text = Annotated[str, AfterValidator(_text), Field(max_length=500)]
"""One line of text."""
type Remark = Annotated[str, AfterValidator(_remark), Field(max_length=4000)]
"""Text of one or more lines."""
type Flag = Annotated[bool, Strict()]
type Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=10**15), _json_number(10**15)]
"""An amount in the setup's currency."""
type Percentage = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100), _json_number(100)]
type Day = Annotated[date, BeforeValidator(_date_text), AfterValidator(_inner)]
"""A date, YYYY-MM-DD."""
type Number = Annotated[str, Field(pattern=r"^[\w.+@-]{1,50}$")]
"""A number or code that people give."""


class Problem(Shape):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list["FieldProblem"] | None = None


class FieldProblem(Shape):
    """What is wrong with one field."""

    field: str
    message: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for the OpenAPI document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _DESCRIPTIONS[status], "content": content} for status in (401, 403, *statuses, 503)}


_DESCRIPTIONS = {
    401: "Nobody is signed in.",
    403: "The role is missing.",
    404: "There is no such thing.",
    409: "Its state does not allow this.",
    412: "Somebody else changed it in the meantime.",
    413: "The body is too large.",
    415: "The body is of the wrong type.",
    422: "Something in the request is not valid.",
    503: "Azure or Microsoft Graph cannot be reached.",
}
