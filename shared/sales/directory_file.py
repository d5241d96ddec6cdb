"""A directory as a CSV file: a header row with the API's field names, then a person on each line.

`alternativeAddresses` holds pairs such as `HOME=anna@home.example`, several with semicolons between.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Invalid
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes."""
CONTACT_COLUMNS = (
    "no", "type", "name", "companyNo", "email", "alternativeAddresses", "salespersonCode", "privacyBlocked"
)  # fmt: skip
SALESPERSON_COLUMNS = ("code", "name", "email", "alternativeAddresses", "blocked")
_TRUE = {"true", "yes", "1", "já"}
_FALSE = {"", "false", "no", "0", "nei"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file. `number` counts from 1, the header being line 1."""

    number: int
    values: dict[str, str]
    fault: str = ""

    def readable(self) -> dict[str, str]:
        """The values by column. Raises Invalid when the line could not be read."""
        if self.fault:
            raise Invalid(self.fault)
        return self.values


def read_file(file: bytes, columns: tuple[str, ...], required: tuple[str, ...]) -> list[Line]:
    """The lines of a file. Raises Invalid when it is wrong as a whole."""
    if len(file) > LARGEST_FILE:
        raise Invalid("The file is larger than 20 MB. Divide it and import the parts.")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The file is not UTF-8. In Excel, save it as «CSV UTF-8».") from error
    if not text.strip():
        raise Invalid("The file is empty.")
    if "\0" in text:
        raise Invalid("The file is not text: it has NUL characters in it.")
    first, _, _ = text.partition("\n")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = list(io.StringIO(text, newline=""))
    first_row, taken, fault = _row(lines, 0, delimiter)
    if fault:
        raise Invalid(fault.replace("The line", "The first row"))
    return list(_lines(lines, delimiter, _header(first_row, columns, required), taken))


def contact_of(line: Line) -> Contact:
    """Raises Invalid, saying what is wrong with the line."""
    values = line.readable()
    kind = next((kind for kind in ContactType if kind.lower() == (values.get("type") or "person").lower()), None)
    if kind is None:
        raise Invalid("The type must be Company or Person.")
    return Contact(
        no=values.get("no", ""),
        type=kind,
        name=values["name"],
        company_no=values.get("companyNo", ""),
        email=values.get("email", ""),
        alternative_addresses=_alternatives(values.get("alternativeAddresses", "")),
        salesperson_code=values.get("salespersonCode", ""),
        privacy_blocked=_flag("privacyBlocked", values),
    )


def salesperson_of(line: Line) -> Salesperson:
    """Raises Invalid, saying what is wrong with the line."""
    values = line.readable()
    return Salesperson(
        code=values["code"],
        name=values["name"],
        email=values.get("email", ""),
        alternative_addresses=_alternatives(values.get("alternativeAddresses", "")),
        blocked=_flag("blocked", values),
    )


def _header(names: list[str], columns: tuple[str, ...], required: tuple[str, ...]) -> list[str]:
    known = {column.lower(): column for column in columns}
    header = [known.get(name.strip().lower(), "") for name in names]
    if not any(header):
        raise Invalid(f"The first row must be a header, with columns such as {', '.join(columns)}.")
    unknown = [name for name, column in zip(names, header, strict=True) if not column]
    missing = [column for column in required if column not in header]
    if unknown or missing or len(set(header)) < len(header):
        what = f"Unknown: {', '.join(unknown)}. " if unknown else ""
        what += f"Missing: {', '.join(missing)}. " if missing else ""
        raise Invalid(f"The header row is not right. {what}Columns are {', '.join(columns)}, each once.")
    return header


def _lines(lines: list[str], delimiter: str, header: list[str], begin: int) -> Iterator[Line]:
    """The rows after the header, which ends before `begin`.

    A wrong row that runs over several lines has a quotation mark that nobody closed: it is one bad line, and reading
    goes on with the next one, so that it takes no others with it.
    """
    at = begin
    while at < len(lines):
        row, taken, fault = _row(lines, at, delimiter)
        if not fault and any(row) and len(row) != len(header):
            fault = f"The line has {len(row)} values, the header {len(header)}."
        if fault and taken > 1:
            fault, taken = "The line cannot be read: perhaps a quotation mark in it is not closed.", 1
        if fault:
            yield Line(at + 1, {}, fault)
        elif any(row):
            yield Line(at + 1, dict(zip(header, (value.strip() for value in row), strict=True)))
        at += taken


def _row(lines: list[str], at: int, delimiter: str) -> tuple[list[str], int, str]:
    """The row that begins at a line, how many lines it takes, and why it cannot be read, or ""."""
    reader = csv.reader((lines[index] for index in range(at, len(lines))), delimiter=delimiter)
    try:
        return next(reader), reader.line_num, ""
    except csv.Error as error:
        return [], max(reader.line_num, 1), f"The line cannot be read: {error}."


def _alternatives(text: str) -> tuple[AlternativeAddress, ...]:
    pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise Invalid("Write alternative addresses as CODE=address, with ; between them.")
    return tuple(AlternativeAddress(code.strip(), email.strip()) for code, _, email in pairs)


def _flag(name: str, values: dict[str, str]) -> bool:
    text = values.get(name, "").lower()
    if text not in _TRUE | _FALSE:
        raise Invalid(f"{name} must be true or false.")
    return text in _TRUE
