"""Jinja templates."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request

from shared.web.identity import Role, signed_in


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: Request, template: str, **values: Any) -> str:
    """A page, with who is signed in. Everything put into it is shown as text."""
    person = signed_in(request)
    may_sell = person is not None and person.may(Role.SALES)
    return _environment().get_template(template).render(request=request, person=person, may_sell=may_sell, **values)
