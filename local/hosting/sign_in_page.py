"""The page on which a person of the sample company is chosen to be signed in as."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<meta name="viewport" content="width=device-width">
<style>body {{ font: 16px system-ui; max-width: 26rem; margin: 15vh auto; padding: 0 1rem }}
a {{ display: block; padding: .7rem 1rem; margin: .5rem 0; border: 1px solid #aaa; border-radius: 6px;
color: inherit; text-decoration: none }} a:hover, a:focus {{ border-color: #06c }} small {{ color: #555 }}</style>
<h1>Sign in as</h1>{people}</html>"""


@dataclass(frozen=True)
class Person:
    """Somebody of the sample company, with a token of the tenant's Entra ID."""

    name: str
    username: str
    roles: list[str]
    token: str


def people_of(text: str) -> list[Person]:
    """From a JSON list. Raises ValueError or TypeError when it is something else."""
    return [Person(**person) for person in json.loads(text)]


def sign_in_page(people: Iterable[Person], back: str) -> HTMLResponse:
    """Each person is a link that signs in and goes back."""
    links = (
        f'<a href="?{escape(urlencode({"as": person.username, "post_login_redirect_uri": back}))}">'
        f"{escape(person.name)}<br><small>{escape(person.username)} · {escape(', '.join(person.roles))}</small></a>"
        for person in people
    )
    return HTMLResponse(PAGE.format(people="".join(links)))
