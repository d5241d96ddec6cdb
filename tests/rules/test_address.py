"""How addresses are compared, and which are valid (docs/rules.md, "Addresses")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.address import is_valid, normalised


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("anna@home.example", "anna@home.example"),
        ("  Anna@Home.EXAMPLE\t\n", "anna@home.example"),
        ("ÞÓRA@ÍS.example", "þóra@ís.example"),
        ("", ""),
        (" \u00a0 ", ""),
        ("an na@home.example", "an na@home.example"),
    ],
)
def test_addresses_are_compared_trimmed_and_in_lower_case(written: str, compared: str) -> None:
    assert normalised(written) == compared


@given(st.text())
def test_a_normalised_address_stays_as_it_is(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "anna@home.example",
        ".anna..karls.@home.example",
        "anna@.home..example.",
        "anna+malt/lamps=1'#@home.example",
        '"anna"@[127.0.0.1]',
        "þóra@ís.example",
        "anna\u200b@home.example",  # no white space to Unicode, and real mail has it
        "a" * 241 + "@home.example",  # 254 characters
    ],
)
def test_an_address_is_valid_however_odd_its_dots_and_signs_are(address: str) -> None:
    assert is_valid(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "anna",
        "anna@",
        "@home.example",
        "anna@@home.example",
        "anna@home@home.example",
        " anna@home.example",
        "anna@home.example\n",
        "an na@home.example",
        "anna@ho\tme.example",
        "anna\u00a0@home.example",
        "anna\u2028@home.example",
        "an\0na@home.example",
        "anna@home\x7f.example",
        "anna@home\x85.example",
        "anna@home\x9f.example",
        "a" * 242 + "@home.example",  # 255 characters
    ],
)
def test_an_address_is_not_valid_without_two_sides_or_with_space_or_control_in_it(address: str) -> None:
    assert not is_valid(address)


def test_the_longest_valid_address_has_254_characters() -> None:
    longest = "a" * 241 + "@home.example"
    assert len(longest) == 254
    assert is_valid(longest)
    assert not is_valid("a" + longest)
