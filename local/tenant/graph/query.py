"""OData query options, with Graph's rules and refusals for messages.

https://learn.microsoft.com/graph/api/user-list-messages, "Using filter and orderby in the same query".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.datastructures import QueryParams

from local.tenant.graph.errors import GraphError
from local.tenant.mailbox import Item

type Test = Callable[[Item], bool]

_OPTIONS = {"$select", "$filter", "$orderby", "$top", "$skip", "$count", "$expand", "$format"}
_COMPARISON = re.compile(r"\s*([\w/]+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[^\s')]+)\s*", re.IGNORECASE)
_AND = re.compile(r"and\s+", re.IGNORECASE)
_EXPANDED = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_PROPERTY_ID = re.compile(r"id\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_TIMES = {"receiveddatetime": "received_at", "sentdatetime": "sent_at"}
_FLAGS = {"isread": "is_read", "isdraft": "is_draft"}
_ORDER: dict[str, Callable[[datetime, datetime], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}


@dataclass(frozen=True)
class Comparison:
    """One comparison of a $filter."""

    name: str  # in lower case
    value: str  # as it stands in the request, without quotes
    holds: Test


@dataclass(frozen=True)
class Query:
    """The options of one request; names of options and properties come in any case."""

    select: tuple[str, ...]  # empty: the default set
    filters: tuple["Comparison", ...]  # all have to hold
    orderby: tuple[tuple[str, bool], ...]  # (property in lower case, descending)
    top: int
    skip: int
    count: bool
    expand: dict[str, str]  # what is expanded, in lower case -> its own options, as text
    raw: tuple[tuple[str, str], ...]

    def next_link(self, address: str, skip: int) -> str:
        """The same request, further on: by a count over the folder as it is then, as in Graph."""
        options = [(name, value) for name, value in self.raw if name.lower() not in ("$skip", "$top")]
        options += [("$top", str(self.top)), ("$skip", str(skip))]
        return f"{address}?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in options)

    @property
    def internet_message_id(self) -> str | None:
        """The one that the filter asks for, so that nobody has to look through a whole mailbox."""
        return next((one.value for one in self.filters if one.name == "internetmessageid"), None)

    def chosen(self, items: Sequence[Item]) -> list[Item]:
        """Those that the filter lets through, in the order asked for (default: newest first)."""
        passed = [item for item in items if all(one.holds(item) for one in self.filters)]
        if not self.orderby:
            return passed[::-1]
        for name, descending in reversed(self.orderby):
            if name == "receiveddatetime" and not descending:
                continue  # that is how folders keep their items, and sorting is stable
            passed.sort(key=lambda item: _value(item, _TIMES[name]), reverse=descending)
        return passed


def parse(params: QueryParams) -> Query:
    """Raises GraphError 400 for what Graph does not understand."""
    options = {name.lower(): value for name, value in params.multi_items()}
    unknown = next((name for name in options if name.startswith("$") and name not in _OPTIONS), None)
    if unknown:
        raise GraphError.bad_query(f"The query option '{unknown}' is not supported.")
    filters, orderby = _filters(options.get("$filter", "")), _orderby(options.get("$orderby", ""))
    _refuse_inefficient([one.name for one in filters], [name for name, _ in orderby])
    return Query(
        select=tuple(name.strip() for name in options.get("$select", "").split(",") if name.strip()),
        filters=filters,
        orderby=orderby,
        top=number(options.get("$top", "10"), "$top", 1, 1000),
        skip=number(options.get("$skip", "0"), "$skip", 0, 2**31 - 1),
        count=options.get("$count", "false").lower() == "true",
        expand=_expand(options.get("$expand", "")),
        raw=tuple(params.multi_items()),
    )


def property_ids(options: str) -> list[str]:
    """The extended properties that `$expand=singleValueExtendedProperties($filter=id eq '…' or …)` names."""
    return [found.replace("''", "'") for found in _PROPERTY_ID.findall(options)]


def option(options: str, name: str) -> str:
    """One option inside the parentheses of an $expand, or ""."""
    found = re.search(rf"\{name}\s*=\s*([^;]*)", options, re.IGNORECASE)
    return found.group(1) if found else ""


def _refuse_inefficient(filtered: list[str], ordered: list[str]) -> None:
    """Properties in $orderby must come first in $filter, in the same order."""
    if filtered and ordered and list(dict.fromkeys(filtered))[: len(ordered)] != ordered:
        message = "The restriction or sort order is too complex for this operation."
        raise GraphError(400, "InefficientFilter", message)


def _filters(text: str) -> tuple[Comparison, ...]:
    found: list[Comparison] = []
    while text.strip():
        if found:
            joined = _AND.match(text)
            if not joined:
                raise GraphError.bad_filter()
            text = text[joined.end() :]
        comparison = _COMPARISON.match(text)
        if not comparison:
            raise GraphError.bad_filter()
        name, operator, value = comparison.groups()
        found.append(_comparison(name.lower(), operator.lower(), value))
        text = text[comparison.end() :]
    return tuple(found)


def _comparison(name: str, operator: str, value: str) -> Comparison:
    if name in _TIMES:
        attribute, compare, limit = _TIMES[name], _ORDER[operator], _time(value)
        return Comparison(name, value, lambda item: compare(_value(item, attribute), limit))
    if name in _FLAGS and operator in ("eq", "ne") and value.lower() in ("true", "false"):
        flag, wanted = _FLAGS[name], (value.lower() == "true") == (operator == "eq")
        return Comparison(name, value, lambda item: bool(getattr(item, flag)) is wanted)
    if name == "internetmessageid" and operator == "eq" and value.startswith("'"):
        message_id = value[1:-1].replace("''", "'")
        return Comparison(name, message_id, lambda item: item.internet_message_id.lower() == message_id.lower())
    raise GraphError.bad_filter()


def _value(item: Item, attribute: str) -> datetime:
    value: datetime = getattr(item, attribute)
    return value


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise GraphError.bad_filter() from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _orderby(text: str) -> tuple[tuple[str, bool], ...]:
    ordered = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = part.partition(" ")
        if name.lower() not in _TIMES:
            raise GraphError.no_property(name)
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise GraphError.bad_query(f"Syntax error in '$orderby={text}'.")
        ordered.append((name.lower(), direction.strip().lower() == "desc"))
    return tuple(ordered)


def number(text: str, name: str, lowest: int, highest: int) -> int:
    """A whole number between two limits, or GraphError 400."""
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise GraphError.bad_query(f"Invalid value '{text}' for {name}: it must be between {lowest} and {highest}.")
    return int(text)


def _expand(text: str) -> dict[str, str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text + ","):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    expanded = {}
    for part in filter(None, parts):
        found = _EXPANDED.fullmatch(part)
        if not found or found.group(1).lower() not in ("attachments", "singlevalueextendedproperties"):
            raise GraphError.no_property(part)
        expanded[found.group(1).lower()] = found.group(2) or ""
    return expanded
