"""Ids that look and behave like Exchange's: long, opaque, case-sensitive, with characters that need care in URLs."""

import hashlib
from base64 import urlsafe_b64encode


def item_id(salt: str, mailbox: str, serial: int, moves: int) -> str:
    """The default id of an item: another one after each move. 140 characters."""
    return _opaque(b"\x00\x02\xa4\x00", f"{salt}/{mailbox}/item/{serial}/{moves}", 104)


def immutable_id(salt: str, mailbox: str, serial: int) -> str:
    """The id that an item keeps while it stays in its mailbox. 124 characters."""
    return _opaque(b"\x00\x09\x00\x2e", f"{salt}/{mailbox}/immutable/{serial}", 92)


def folder_id(salt: str, mailbox: str, serial: int) -> str:
    """The id of a folder, which never changes. 120 characters."""
    return _opaque(b"\x00\x02\xa4\x01", f"{salt}/{mailbox}/folder/{serial}", 89)


def _opaque(kind: bytes, seed: str, length: int) -> str:
    noise = hashlib.shake_128(seed.encode()).digest(length - len(kind))
    return urlsafe_b64encode(kind + noise).decode()
