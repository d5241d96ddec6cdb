"""Nouns as rows of a table: a column for each field, named as in the noun.

Times and dates are ISO 8601 text; what is not a single value is JSON, in a column that says so. Text that is longer
than a column may be goes on in the next.
"""

import json
from typing import Any

from pydantic import TypeAdapter

from shared.storage.tables import Row

COLUMN_LENGTH = 16_000
"""Characters in one column; the service takes 64 KiB of UTF-16, in which a character may have four bytes."""
_JSON = "_json"
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def to_columns(noun: Any) -> dict[str, Any]:
    """Columns of a frozen dataclass, without its etag. Absent values have no column."""
    columns: dict[str, Any] = {}
    for name, value in _adapter(type(noun)).dump_python(noun, mode="json").items():
        match value:
            case None:
                continue
            case list() | dict():
                columns |= _split(name + _JSON, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
            case str():
                columns |= _split(name, value)
            case _:
                columns[name] = value
    columns.pop("etag", None)
    return columns


def from_columns[T](kind: type[T], row: Row) -> T:
    """The noun that a row holds, with the row's etag where the noun has one."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        if "__" in name or name in {"PartitionKey", "RowKey"}:
            continue
        text = value + _rest(name, row) if isinstance(value, str) else value
        if name.endswith(_JSON):
            values[name.removesuffix(_JSON)] = json.loads(text)
        else:
            values[name] = text
    noun: T = _adapter(kind).validate_python(values)
    return noun


def _split(name: str, text: str) -> dict[str, str]:
    pieces = [text[start : start + COLUMN_LENGTH] for start in range(0, len(text), COLUMN_LENGTH)] or [""]
    return {name if index == 0 else f"{name}__{index}": piece for index, piece in enumerate(pieces)}


def _rest(name: str, row: Row) -> str:
    pieces: list[str] = []
    while piece := row.get(f"{name}__{len(pieces) + 1}"):
        pieces.append(piece)
    return "".join(pieces)


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
