"""Contacts: /api/contacts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.jobs.import_directory import CONTACTS
from shared.jobs.keep_directory import add_contact, change_contact, remove_contact
from shared.sales.party import Contact, ContactType
from shared.web.api.jobs import JobShape, accept_import, import_route
from shared.web.api.people_shapes import CSV_BODY, AlternativeAddressShape, Email
from shared.web.context import IfMatch, World, address_of
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import Flag, Number, PageShape, Shape, Text, problems

router = APIRouter(
    prefix="/contacts",
    tags=["Contacts"],
    route_class=guarded(read=Role.READ, write=Role.SALES),
    responses=problems(422),
)
imports = APIRouter(prefix="/contacts", tags=["Contacts"], route_class=import_route(Role.SALES))

ContactNo = Annotated[Number, Path()]


class NewContact(Shape):
    """A contact to be written. Without `no` it gets the next of the series."""

    no: Text = ""
    type: Literal["Company", "Person"] = "Person"
    name: Text
    company_no: Text = ""
    email: Email = ""
    alternative_addresses: list[AlternativeAddressShape] = Field(default_factory=list)
    salesperson_code: Text = ""
    privacy_blocked: Flag = False
    etag: str = ""
    """Not read: so that what GET gave can be sent back. To be checked, an etag goes into `If-Match`."""

    def noun(self, no: str) -> Contact:
        """The product's noun."""
        return Contact(
            no=no,
            type=ContactType(self.type),
            name=self.name,
            company_no=self.company_no,
            email=self.email,
            alternative_addresses=tuple(one.noun() for one in self.alternative_addresses),
            salesperson_code=self.salesperson_code,
            privacy_blocked=self.privacy_blocked,
        )


class ContactShape(Shape):
    """A contact."""

    no: str
    etag: str
    type: Literal["Company", "Person"]
    name: str
    company_no: str
    email: str
    alternative_addresses: list[AlternativeAddressShape]
    salesperson_code: str
    privacy_blocked: bool


class ContactPage(PageShape):
    """Contacts by number."""

    value: list[ContactShape]


@router.get("")
async def list_contacts(request: Request, world: World, query: Annotated[ListQuery, Query()]) -> ContactPage:
    """Contacts by number."""
    page = await world.directory.contacts.page(start_of(request, query), query.top)
    return ContactPage(value=[ContactShape.of(one) for one in page.items], next_link=next_link(request, page.next))


@router.post("", status_code=201, responses=problems(409, 413, 415, 422))
async def create_contact(request: Request, response: Response, world: World, contact: NewContact) -> ContactShape:
    """A new contact. 409 when the number or an address is taken; the detail names who has it."""
    return _with_headers(request, response, await add_contact(world, contact.noun(contact.no)), is_new=True)


@router.get("/{no}", responses=problems(404, 422))
async def get_contact(request: Request, response: Response, world: World, no: ContactNo) -> ContactShape:
    """One contact."""
    return _with_headers(request, response, await world.directory.contacts.get(no))


@router.put("/{no}", responses=problems(404, 409, 412, 413, 415, 422))
async def replace_contact(
    request: Request, response: Response, world: World, no: ContactNo, contact: NewContact, if_match: IfMatch = None
) -> ContactShape:
    """Changes a contact: what is left out becomes empty."""
    if contact.no and contact.no.upper() != no.upper():
        raise Invalid("The contact is not valid.", {"no": "A number cannot be changed."})
    return _with_headers(request, response, await change_contact(world, contact.noun(no), if_match))


@router.delete("/{no}", status_code=204, responses=problems(404, 409, 412, 422))
async def delete_contact(world: World, no: ContactNo, if_match: IfMatch = None) -> None:
    """Deletes a contact. 409 while the log or an opportunity needs it."""
    await remove_contact(world, no, if_match)


@imports.post(
    "/import", status_code=202, openapi_extra=CSV_BODY, responses=problems(413, 415, 422), name="import_contacts"
)
async def import_contacts(request: Request, response: Response, world: World) -> JobShape:
    """Adds and changes contacts from a CSV file (UTF-8, with a header row), in the background."""
    return await accept_import(request, response, world, CONTACTS)


def _with_headers(request: Request, response: Response, contact: Contact, *, is_new: bool = False) -> ContactShape:
    shape = ContactShape.of(contact)
    response.headers["ETag"] = shape.etag
    if is_new:
        response.headers["Location"] = address_of(request, "get_contact", no=contact.no)
    return shape
