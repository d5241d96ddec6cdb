"""What routes get from the application: the world of the running event loop, and who is signed in."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Header
from starlette.requests import Request

from shared.jobs.ports import World as JobsWorld
from shared.web.identity import Person


async def _world(request: Request) -> JobsWorld:
    world: JobsWorld = request.app.state.world()
    return world


async def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


def address_of(request: Request, route: str, **parameters: str) -> str:
    """The absolute address of a route, percent-encoded as a header wants it: numbers may have any letter in them."""
    return quote(str(request.url_for(route, **parameters)), safe="/:?&=@+%")


World = Annotated[JobsWorld, Depends(_world)]
SignedIn = Annotated[Person, Depends(_person)]
IfMatch = Annotated[str | None, Header(description="Entity tag of what was read; 412 when it has changed since.")]
