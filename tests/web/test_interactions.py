"""The interaction log over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.jobs.company import ANNA, CARL


def test_a_logged_mail_is_an_entry(logged: Callable[..., dict[str, Any]], reader: httpx.Client) -> None:
    entry = logged(ANNA, CARL, message_id="<entry@letters.example>", subject="An entry")

    assert entry["contactName"] == "Carl Munro"
    assert reader.get(f"/api/interactions/{entry['id']}").json()["comments"] == []
