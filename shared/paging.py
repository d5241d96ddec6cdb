"""A long list is read in pages: some items, and the place to go on from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a list: after this row of this bucket."""

    bucket: str = ""
    row_key: str = ""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some of a list, in its order, and where to go on; `next` is None at the end."""

    items: tuple[T, ...]
    next: Place | None
