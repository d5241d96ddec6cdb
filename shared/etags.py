"""Entity tags: a digest of what a thing holds. The same wherever it was read from, a list or its own address."""

import dataclasses
from typing import Any

from shared.errors import Stale
from shared.mail.message_key import digest


def etag_of(noun: Any) -> str:
    """The strong entity tag (RFC 9110, 8.8.3) of a frozen dataclass, with its quotation marks.

    Fields that the noun does not compare by count themselves and are edited by nobody: they make nothing stale.
    """
    fields = [field.name for field in dataclasses.fields(noun) if field.compare and field.name != "etag"]
    values = [repr(getattr(noun, name)) for name in fields]
    return f'"{digest(*values)}"'


def check_match(noun: Any, if_match: str | None) -> None:
    """Raises Stale when the caller's `If-Match` names none of the thing's tags. None and `*` fit everything."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag_of(noun) not in {tag.strip() for tag in if_match.split(",")}:
        raise Stale
