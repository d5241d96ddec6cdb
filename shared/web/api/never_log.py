"""Never-log rules: /api/never-log."""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.mail.address import is_valid, normalised
from shared.mail.never_log import NeverLogRule, RuleKind
from shared.paging import Place
from shared.web.context import SignedIn, World
from shared.web.guard import guarded
from shared.web.identity import Role
from shared.web.paging import ListQuery, next_link, start_of
from shared.web.shapes import PageShape, Shape, Text, problems

router = APIRouter(
    prefix="/never-log",
    tags=["Email Logging"],
    route_class=guarded(read=Role.READ, write=Role.ADMIN),
    responses=problems(422),
)


class NewRule(Shape):
    """A rule to be written: an address, a domain, or the number of a contact or salesperson."""

    kind: RuleKind
    value: Annotated[Text, Field(min_length=1)]
    comment: Text = ""


class RuleShape(Shape):
    """A rule: mail from or to these is not logged."""

    id: str
    etag: str
    kind: RuleKind
    value: str
    comment: str
    created_at: datetime
    created_by: str


class RulePage(PageShape):
    """Rules, oldest first."""

    value: list[RuleShape]


@router.get("")
async def list_rules(request: Request, world: World, query: Annotated[ListQuery, Query()]) -> RulePage:
    """Rules, oldest first."""
    start = start_of(request, query)
    rules = [rule for rule in await world.never_log.all() if start is None or _place(rule) > start]
    shown = rules[: query.top]
    return RulePage(
        value=[RuleShape.of(rule) for rule in shown],
        next_link=next_link(request, _place(shown[-1]) if len(rules) > len(shown) else None),
    )


@router.post("", status_code=201, responses=problems(413, 415, 422))
async def create_rule(request: Request, response: Response, world: World, person: SignedIn, rule: NewRule) -> RuleShape:
    """A new rule. It counts from the next run on; what is logged already stays."""
    value = normalised(rule.value) if rule.kind in {RuleKind.ADDRESS, RuleKind.DOMAIN} else rule.value.strip()
    if rule.kind is RuleKind.ADDRESS and not is_valid(value):
        raise Invalid("The rule is not valid.", {"value": f"{value} is not an e-mail address."})
    if rule.kind is RuleKind.DOMAIN and not is_valid(f"anybody@{value}"):
        raise Invalid("The rule is not valid.", {"value": f"{value} is not a domain."})
    added = await world.never_log.add(
        NeverLogRule(uuid.uuid4().hex, rule.kind, value, rule.comment, world.clock(), person.name)
    )
    response.headers["Location"] = str(request.url.replace(path=f"{request.url.path}/{added.id}", query=""))
    return RuleShape.of(added)


@router.delete("/{id}", status_code=204, responses=problems(404, 422))
async def delete_rule(world: World, rule_id: Annotated[str, Path(alias="id", pattern=r"^[0-9a-f]{32}$")]) -> None:
    """Removes a rule."""
    await world.never_log.remove(rule_id)


def _place(rule: NeverLogRule) -> Place:
    return Place(rule.created_at.isoformat(timespec="microseconds"), rule.id)
