"""A directory as a CSV file: what is read of it, and what is refused, by line."""

import pytest

from shared.errors import Invalid
from shared.sales.directory_file import (
    CONTACT_COLUMNS,
    LARGEST_FILE,
    SALESPERSON_COLUMNS,
    Line,
    contact_of,
    read_file,
    salesperson_of,
)
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson

CARL = {"no": "CT000002", "name": "Carl Munro"}


def read(text: str | bytes) -> list[Line]:
    return read_file(text if isinstance(text, bytes) else text.encode(), CONTACT_COLUMNS, required=("name",))


@pytest.mark.parametrize(
    "text",
    [
        "no,name\nCT000002,Carl Munro\n",
        "no,name\r\nCT000002,Carl Munro",
        "no,name\rCT000002,Carl Munro\r",
        "\ufeffno,name\nCT000002,Carl Munro\n",
        "no;name\nCT000002;Carl Munro\n",
        '"no","name"\n"CT000002","Carl Munro"\n',
        " NO , Name \n CT000002 , Carl Munro \n",
        "name,no\nCarl Munro,CT000002\n",
        "no,name\n\n,\nCT000002,Carl Munro\n\n"[:8] + "CT000002,Carl Munro\n\n,\n",
    ],
    ids=["plain", "CRLF, no end", "CR", "BOM", "semicolons", "quotes", "spaces", "other order", "empty lines after"],
)
def test_a_file_is_read_however_a_spreadsheet_wrote_it(text: str) -> None:
    assert read(text) == [Line(2, CARL)]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'no,name\nA,"Anna\nof\nAkureyri"\n\nB,"Ben ""the lamp"" W; x"\nC,one,too many\nD\nE,Emma\n'
    assert read(text) == [
        Line(2, {"no": "A", "name": "Anna\nof\nAkureyri"}),
        Line(6, {"no": "B", "name": 'Ben "the lamp" W; x'}),
        Line(7, {}, "The line has 3 values, the header 2."),
        Line(8, {}, "The line has 1 values, the header 2."),
        Line(9, {"no": "E", "name": "Emma"}),
    ]


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_feeds_and_carriage_returns_end_a_line(odd: str) -> None:
    assert read(f"no,name\nA,An{odd}na\nB,Ben\n") == [
        Line(2, {"no": "A", "name": f"An{odd}na"}),
        Line(3, {"no": "B", "name": "Ben"}),
    ]


def test_a_value_too_long_for_csv_is_a_fault_of_its_line_alone() -> None:
    first, second = read("no,name\nA," + "x" * 200_000 + "\nB,Ben\n")
    assert (first.number, first.fault) == (2, "The line cannot be read: field larger than field limit (131072).")
    assert second == Line(3, {"no": "B", "name": "Ben"})


def test_fifty_thousand_lines_keep_their_numbers() -> None:
    text = "no,name\n" + "".join(f"C{n},Name {n}\n" if n != 40_000 else "broken\n" for n in range(2, 50_002))
    lines = read(text)
    assert len(lines) == 50_000
    assert [line.number for line in lines if line.fault] == [40_000]
    assert all(line.values["no"] == f"C{line.number}" for line in lines if not line.fault)


COLUMNS = f"Columns are {', '.join(CONTACT_COLUMNS)}, each once."


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b" \r\n\t\n ", "The file is empty."),
        ("no,name\n1,Þóra\n".encode("latin-1"), "The file is not UTF-8. In Excel, save it as «CSV UTF-8»."),
        ("no,name\n1,Anna\n".encode("utf-16"), "The file is not UTF-8. In Excel, save it as «CSV UTF-8»."),
        (b"no,name\n1,An\0na\n", "The file is not text: it has NUL characters in it."),
        (b"no,name\n" + b"x" * (LARGEST_FILE - 7), "The file is larger than 20 MB. Divide it and import the parts."),
        (
            b"CT000002,Carl Munro\n",
            f"The first row must be a header, with columns such as {', '.join(CONTACT_COLUMNS)}.",
        ),
        (b"\nno,name\n", f"The first row must be a header, with columns such as {', '.join(CONTACT_COLUMNS)}."),
        (b"no,name,no\n1,Anna,2\n", f"The header row is not right. {COLUMNS}"),
        (b"no,name,shoe size\n", f"The header row is not right. Unknown: shoe size. {COLUMNS}"),
        (b"no,email\n", f"The header row is not right. Missing: name. {COLUMNS}"),
        (b"x" * 200_000, "The first row cannot be read: field larger than field limit (131072)."),
    ],
    ids=[
        "empty", "only a BOM", "only white space", "Latin-1", "UTF-16", "NUL", "over 20 MB", "no header",
        "an empty first row", "a column twice", "an unknown column", "a column missing", "one endless value",
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_as_a_whole_is_refused(file: bytes, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(file)
    assert refused.value.message == message


def test_a_file_of_exactly_20_mb_is_read() -> None:
    file = b"no,name\nCT000002,Carl Munro\n"
    padding = (b"x" * 99_999 + b"\n") * 210
    first, *others = read(file + padding[: LARGEST_FILE - len(file)])
    assert first == Line(2, CARL)
    assert {line.fault for line in others} == {"The line has 1 values, the header 2."}


def test_a_header_alone_is_a_file_without_people() -> None:
    assert read("no,name\n") == []


def test_a_line_becomes_a_contact() -> None:
    header = "no,type,name,companyNo,email,alternativeAddresses,salespersonCode,privacyBlocked\n"
    row = "CT2,PERSON,Carl Munro,CT1,carl@glen.example,HOME=c@home.example; BOAT = c@boat.example ;,AK,Yes\n"
    (line,) = read(header + row)
    assert contact_of(line) == Contact(
        no="CT2",
        type=ContactType.PERSON,
        name="Carl Munro",
        company_no="CT1",
        email="carl@glen.example",
        alternative_addresses=(
            AlternativeAddress("HOME", "c@home.example"),
            AlternativeAddress("BOAT", "c@boat.example"),
        ),
        salesperson_code="AK",
        privacy_blocked=True,
    )


def test_a_contact_is_a_person_unless_the_file_says_company() -> None:
    assert contact_of(Line(2, {"name": "Carl"})) == Contact("", ContactType.PERSON, "Carl")
    assert contact_of(Line(2, {"name": "Glen", "type": "company"})).type is ContactType.COMPANY


def test_a_line_becomes_a_salesperson() -> None:
    file = "code;name;email;blocked\nAK;Anna;anna@nordurljos.example;nei\nBW;Ben;;já\n".encode()
    lines = read_file(file, SALESPERSON_COLUMNS, required=("code", "name"))
    assert [salesperson_of(line) for line in lines] == [
        Salesperson("AK", "Anna", "anna@nordurljos.example"),
        Salesperson("BW", "Ben", blocked=True),
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"type": "Robot"}, "The type must be Company or Person."),
        ({"privacyBlocked": "maybe"}, "privacyBlocked must be true or false."),
        (
            {"alternativeAddresses": "c@home.example"},
            "Write alternative addresses as CODE=address, with ; between them.",
        ),
    ],
)
def test_a_value_that_is_not_right_is_a_fault_of_its_line(values: dict[str, str], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        contact_of(Line(2, {"name": "Carl", **values}))
    assert refused.value.message == message


def test_a_line_that_could_not_be_read_makes_nobody() -> None:
    for parse in (contact_of, salesperson_of):
        with pytest.raises(Invalid, match="The line has 1 values"):
            parse(Line(7, {}, "The line has 1 values, the header 2."))


def test_a_quotation_mark_that_nobody_closes_takes_no_other_lines_with_it() -> None:
    file = b'name,email\nA One,a@x.example\n"B Two,b@x.example\nC Three,c@x.example\n'
    lines = read_file(file, ("name", "email"), ("name",))
    assert [(line.number, bool(line.fault)) for line in lines] == [(2, False), (3, True), (4, False)]
    assert lines[2].values == {"name": "C Three", "email": "c@x.example"}
