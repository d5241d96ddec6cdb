"""E-mail addresses: how they are compared and which are valid."""

import unicodedata

MAX_LENGTH = 254
"""Longest address that SMTP can carry: RFC 5321, 4.5.3.1.3, less the angle brackets."""


def normalised(address: str) -> str:
    """The form in which addresses are compared: trimmed, lower case."""
    return address.strip().lower()


def is_valid(address: str) -> bool:
    """One `@`, text on both sides, no white space or control characters, at most 254 characters.

    No stricter: real mail has dots in odd places (docs/rules.md, "Addresses").
    """
    local_part, at, domain = address.partition("@")
    return (
        bool(local_part and at and domain)
        and "@" not in domain
        and len(address) <= MAX_LENGTH
        and not any(character.isspace() or unicodedata.category(character) == "Cc" for character in address)
    )
