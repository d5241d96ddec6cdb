"""The interaction log as a page: /."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.jobs.create_opportunity import OpportunityWish, create_opportunity
from shared.jobs.ports import World as JobsWorld
from shared.jobs.read_interactions import read_interactions
from shared.mail.address import normalised
from shared.mail.matching import PartyKind
from shared.sales.interaction import InteractionFilter
from shared.sales.party import is_number
from shared.web.api.interaction_shapes import EntryId, interaction_shapes
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.pages.templates import render
from shared.web.paging import LARGEST_TOP, ListQuery, next_link, start_of

router = APIRouter(
    route_class=guarded(read=Role.READ, write=Role.SALES, media_type="application/x-www-form-urlencoded")
)


class LogQuery(ListQuery):
    """`contact` is a number or an address, `salesperson` a code; `created` tells of the opportunity just made."""

    contact: str = ""
    salesperson: str = ""
    created: str = ""


@router.get("/")
async def show_log(request: Request, world: World, query: Annotated[LogQuery, Query()]) -> Response:
    """The entries, newest first."""
    setup = await world.setups.get()
    contact_no, fault = await _contact_no(world, query.contact.strip())
    wanted = InteractionFilter(contact_no=contact_no, salesperson_code=query.salesperson)
    page = await read_interactions(world, wanted, start_of(request, query), query.top, setup)
    contacts = (await world.directory.contacts.page(None, LARGEST_TOP)).items
    salespeople = (await world.directory.salespeople.page(None, LARGEST_TOP)).items
    html = render(
        request,
        "interaction_log.html",
        entries=[] if fault else await interaction_shapes(request, world, page.items, setup),
        next_link=None if fault else _relative(next_link(request, page.next)),
        query=query,
        fault=fault,
        contacts=contacts,
        salespeople=salespeople,
        local_time=setup.local_time,
        back=urlencode(_filters([("contact", query.contact), ("salesperson", query.salesperson)])),
    )
    return HTMLResponse(html, 422 if fault else 200)


@router.post("/interactions/{id}/opportunity")
async def make_opportunity(
    world: World, entry_id: EntryId, contact: Annotated[str, Form()] = "", salesperson: Annotated[str, Form()] = ""
) -> Response:
    """Create Opportunity with what the entry says, then back to the list as it was."""
    opportunity = await create_opportunity(world, entry_id, OpportunityWish(), None)
    query = _filters([("contact", contact), ("salesperson", salesperson), ("created", opportunity.no)])
    return RedirectResponse(f"/?{urlencode(query)}", 303)


async def _contact_no(world: JobsWorld, text: str) -> tuple[str, str]:
    """The number of the contact that somebody means, and what is wrong when there is none."""
    if not text:
        return "", ""
    if is_number(text) and (contact := await world.directory.contacts.find(text)):
        return contact.no, ""
    party = (await world.directory.parties([normalised(text)])).get(normalised(text))
    if party and party.kind is PartyKind.CONTACT:
        return party.number, ""
    return "", f"There is no contact «{text}». Give a number from the list, or an e-mail address."


def _filters(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if value]


def _relative(link: str | None) -> str | None:
    return f"/?{urlsplit(link).query}" if link else None
