"""Real mail is broken in every way: the box passes it on, as Exchange does, and never falls over it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.tenant.addresses import addresses, plain
from local.tenant.body import attachments, body, headers, preview
from local.tenant.mail import read_mail


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("anna@a.example", [("anna@a.example", "anna@a.example")]),
        (
            '"Jónsdóttir, Anna" <anna@a.example>, b@b.example',
            [("Jónsdóttir, Anna", "anna@a.example"), ("b@b.example",) * 2],
        ),
        ("=?utf-8?B?w57Ds3I=?= =?utf-8?Q?_J=C3=B3n?= <t@a.example>", [("Þór Jón", "t@a.example")]),
        ("=?utf-8?B?w?= <t@a.example>", [("=?utf-8?B?w?=", "t@a.example")]),
        ("t@a.example (Þór)", [("Þór", "t@a.example")]),
        ("undisclosed-recipients:;", []),
        ("Team: a@a.example, b@b.example;", [("a@a.example",) * 2, ("b@b.example",) * 2]),
        (" , ,a@a.example,, ", [("a@a.example",) * 2]),
        ("'drew'@enron.example", [("'drew'@enron.example",) * 2]),
        ("a..b.@c.example", [("a..b.@c.example",) * 2]),
        ("not an address", [("not an address",) * 2]),
        ("Anna <anna@a.example", [("Anna", "anna@a.example")]),
        ("<>", []),
        ("a@a.example; b@b.example", [("a@a.example",) * 2, ("b@b.example",) * 2]),
        ('"a\\"b" <c@c.example>', [('a"b', "c@c.example")]),
    ],
)
def test_addresses_are_passed_on_as_they_stand(header: str, expected: list[tuple[str, str]]) -> None:
    assert [(party.name, party.address) for party in addresses(header)] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?iso-8859-1?Q?Kve=F0ja?=", "Kveðja"),
        ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
        ("Re: =?utf-8?Q?Tilbo=C3?= =?utf-8?Q?=B0?= x", "Re: Tilboð x"),
        ("=?no-such-charset?Q?a=F0?=", "að"),
        ("=?utf-8?B?%%%?=", ""),
        ("folded\r\n line", "folded line"),
        ("C:\\users =?utf-8?Q?=C3=B0?=", "C:\\users ð"),
        ("plain ð", "plain ð"),
    ],
)
def test_encoded_words_are_decoded_or_left(value: str, expected: str) -> None:
    assert plain(value) == expected


def test_raw_utf_8_and_latin_1_headers_are_read() -> None:
    assert read_mail("Subject: Kveðja\r\n\r\n".encode(), "x.example").subject == "Kveðja"
    assert read_mail("Subject: Kveðja\r\n\r\n".encode("latin-1"), "x.example").subject == "Kveðja"


def test_the_first_of_two_headers_counts_and_a_missing_from_stays_missing() -> None:
    mail = read_mail(b"Subject: one\r\nSubject: two\r\nDate: no date\r\nTo: a@a.example\r\n\r\nx", "x.example")
    assert (mail.subject, mail.from_, mail.sender, mail.sent_at) == ("one", None, None, None)


def test_on_behalf_of_somebody_the_sender_is_another_than_from() -> None:
    mail = read_mail(b"From: Anna <anna@a.example>\r\nSender: jon@a.example\r\n\r\nx", "x.example")
    assert mail.from_ is not None
    assert mail.sender is not None
    assert (mail.from_.address, mail.sender.address) == ("anna@a.example", "jon@a.example")


_HEADER_NAMES = ["From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Type"]
_HEADERS = st.tuples(
    st.sampled_from([*_HEADER_NAMES, "Content-Transfer-Encoding", "MIME-Version"]), st.binary(max_size=80)
)
_TYPES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/alternative; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: text/calendar; method=REQUEST",
        b"Content-Disposition: attachment; filename*=utf-8''%E2%82",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: uuencode",
        b"--b",
        b"--b--",
        b"",
        b"",
    ]
)


def read_everything(raw: bytes) -> None:
    mail = read_mail(raw, "x.example")
    shown = [mail.subject, mail.internet_message_id, mail.from_ and mail.from_.name, preview(raw)]
    shown += [
        body(raw, prefer_text=True).content,
        body(raw, prefer_text=False).content,
        *(one.name for one in attachments(raw)),
    ]
    shown += [value for _, value in headers(raw)]
    json.dumps(shown, ensure_ascii=False).encode("utf-8")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    read_everything(raw)


@given(st.lists(_HEADERS, max_size=8), st.lists(st.one_of(_TYPES, st.binary(max_size=40)), max_size=25))
def test_any_structure_is_a_mail(named: list[tuple[str, bytes]], lines: list[bytes]) -> None:
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in named)
    read_everything(head + b"\r\n".join(lines))


@pytest.mark.parametrize("depth", [50, 400, 3000])
def test_a_mail_nested_without_end_is_a_mail(depth: int) -> None:
    parts = [f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(depth)]
    raw = ("Subject: deep\r\n" + "".join(parts)).encode()
    read_everything(raw)
    assert read_mail(raw, "x.example").subject == "deep"


def test_a_mail_that_is_nothing_but_a_file_has_an_attachment() -> None:
    raw = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"
    assert read_mail(raw, "x.example").has_attachments
    assert [(file.name, file.content) for file in attachments(raw)] == [("a.pdf", b"%PDF")]
    assert body(raw, prefer_text=True).content == ""


@given(st.text(max_size=60))
def test_any_text_is_an_address_header(header: str) -> None:
    for party in addresses(header):
        assert party.address
