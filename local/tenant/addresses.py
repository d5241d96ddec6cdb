"""Address headers as Exchange reads them: whatever stands there is passed on, however broken."""

import binascii
import re
from dataclasses import dataclass
from itertools import groupby

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_GROUP_NAME = re.compile(r'^[^<>"@:]*:')
_COMMENT = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"=\?([^?\s]+)\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_WORDS = re.compile(rf"{_WORD.pattern}(?:\s*{_WORD.pattern})*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One party of a mail; the name is the address where the mail gives none."""

    name: str
    address: str


def plain(value: str) -> str:
    """A header's value as one line of text: unfolded, RFC 2047 words and raw 8-bit bytes decoded."""
    return _WORDS.sub(_words, _FOLD.sub("", _from_raw(value))).strip()


def addresses(value: str) -> tuple[EmailAddress, ...]:
    """The parties in an address header, in order; group names are left out, broken addresses are not."""
    parsed = (_party(part) for part in _split(_FOLD.sub("", _from_raw(value))))
    return tuple(party for party in parsed if party.address)


def decoded(raw: bytes, charset: str) -> str:
    """Text of bytes in a charset that may be unknown or untrue."""
    try:
        text = raw.decode(charset)
    except (LookupError, ValueError):  # ValueError: bytes that are no text in this charset, or a NUL in its name
        text = raw.decode("latin-1")
    return text.encode("utf-8", "replace").decode("utf-8")  # UTF-7 and the like can hide half characters


def _party(part: str) -> EmailAddress:
    part = _GROUP_NAME.sub("", part.strip()).strip()
    before, bracket, rest = part.rpartition("<")
    if bracket:
        address = rest.partition(">")[0].strip()
        name = _unquoted(before)
    else:
        address = _COMMENT.sub("", part).strip()
        name = " ".join(_COMMENT.findall(part))
    return EmailAddress(plain(name) or address, address)


def _unquoted(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _split(value: str) -> list[str]:
    """Cut at commas and semicolons that stand outside quotes, comments and angle brackets."""
    parts, start, quoted, depth, skip = [], 0, False, 0, False
    for position, character in enumerate(value):
        if skip:
            skip = False
        elif character == "\\":
            skip = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "(<":
            depth += 1
        elif not quoted and character in ")>":
            depth = max(0, depth - 1)
        elif not quoted and not depth and character in ",;":
            parts.append(value[start:position])
            start = position + 1
    parts.append(value[start:])
    return parts


def _words(found: re.Match[str]) -> str:
    """Neighbouring encoded words are one text: some mailers cut in the middle of a character."""
    words = [(charset.partition("*")[0], *rest) for charset, *rest in _WORD.findall(found.group())]
    try:
        return "".join(
            decoded(b"".join(_word(encoding, text) for _, encoding, text in run), charset)
            for charset, run in groupby(words, key=lambda word: word[0].lower())
        )
    except binascii.Error:
        return found.group()


def _word(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8")
    return binascii.a2b_base64(raw + b"==") if encoding in "bB" else binascii.a2b_qp(raw, header=True)


def _from_raw(value: str) -> str:
    """Undo the surrogates by which the email package carries bytes that are not ASCII."""
    return value if value.isascii() else decoded(value.encode("utf-8", "surrogateescape"), "utf-8")
