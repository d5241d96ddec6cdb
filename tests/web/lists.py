"""Reading a list of the API to its end."""

from typing import Any

import httpx


def pages_of(
    client: httpx.Client, address: str, /, at_most: int | None = None, **query: Any
) -> list[list[dict[str, Any]]]:
    """The pages of a list, from the first until there is no `nextLink`, or there are enough."""
    pages: list[list[dict[str, Any]]] = []
    link: str | None = str(httpx.URL(address, params=query))
    while link and len(pages) != at_most:
        page = client.get(link).raise_for_status().json()
        pages.append(page["value"])
        link = page.get("nextLink")
    return pages


def everything_in(client: httpx.Client, address: str, /, **query: Any) -> list[dict[str, Any]]:
    """All that a list holds, in its order."""
    return [one for page in pages_of(client, address, **{"top": 200, **query}) for one in page]
