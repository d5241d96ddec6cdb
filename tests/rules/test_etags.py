"""Entity tags are digests of what a thing holds."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from shared.errors import Stale
from shared.etags import check_match, etag_of
from shared.sales.opportunity import Opportunity
from shared.sales.party import AlternativeAddress, Contact, ContactType

CARL = Contact("CT000002", ContactType.PERSON, "Carl Munro", etag="of the table")


def test_the_tag_does_not_depend_on_where_the_thing_was_read() -> None:
    assert etag_of(CARL) == etag_of(replace(CARL, etag="of a list"))
    assert etag_of(CARL).startswith('"')
    assert etag_of(CARL).endswith('"')
    assert len(etag_of(CARL)) == 34


@pytest.mark.parametrize(
    "change",
    [
        {"no": "CT000003"},
        {"type": ContactType.COMPANY},
        {"name": "Carl"},
        {"company_no": "CT000001"},
        {"email": "carl@home.example"},
        {"alternative_addresses": (AlternativeAddress("HOME", "carl@home.example"),)},
        {"salesperson_code": "AK"},
        {"privacy_blocked": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_counts(change: dict[str, Any]) -> None:
    assert etag_of(replace(CARL, **change)) != etag_of(CARL)
    assert next(iter(change)) in {field.name for field in fields(CARL)}


def test_what_counts_itself_makes_nothing_stale() -> None:
    opportunity = Opportunity("OP000001", "Malt", "CT2", "", "AK", "STANDARD", date(2026, 11, 2))
    assert etag_of(replace(opportunity, interaction_count=7)) == etag_of(opportunity)
    assert etag_of(replace(opportunity, description="Lamps")) != etag_of(opportunity)


@pytest.mark.parametrize("if_match", [None, "*", " * ", etag_of(CARL), f'"other", {etag_of(CARL)} ,"x"'])
def test_a_tag_that_fits_passes(if_match: str | None) -> None:
    check_match(CARL, if_match)


@pytest.mark.parametrize(
    "if_match", ["", '"other"', etag_of(CARL).strip('"'), f"W/{etag_of(CARL)}", etag_of(CARL).upper()]
)
def test_a_tag_that_does_not_fit_is_stale(if_match: str) -> None:
    with pytest.raises(Stale):
        check_match(CARL, if_match)
