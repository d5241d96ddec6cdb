"""Never-log rules: each means exactly what it names."""

import pytest

from shared.mail.never_log import RuleKind
from tests.rules.people import ANNA, CARL, PARTIES, STRANGER, never_log


@pytest.mark.parametrize(
    ("rule", "address", "applies"),
    [
        ((RuleKind.ADDRESS, STRANGER), STRANGER, True),
        ((RuleKind.ADDRESS, STRANGER.upper()), STRANGER, True),
        ((RuleKind.ADDRESS, STRANGER), CARL, False),
        ((RuleKind.DOMAIN, "elsewhere.example"), STRANGER, True),
        ((RuleKind.DOMAIN, "Elsewhere.EXAMPLE"), STRANGER, True),
        ((RuleKind.DOMAIN, "elsewhere.example"), "someone@mail.elsewhere.example", False),
        ((RuleKind.DOMAIN, "where.example"), STRANGER, False),
        ((RuleKind.DOMAIN, STRANGER), STRANGER, False),
        ((RuleKind.ADDRESS, "elsewhere.example"), STRANGER, False),
        ((RuleKind.CONTACT, "CT000002"), CARL, True),
        ((RuleKind.CONTACT, "ct000002"), CARL, True),
        ((RuleKind.CONTACT, "CT000003"), CARL, False),
        ((RuleKind.SALESPERSON, "CT000002"), CARL, False),
        ((RuleKind.SALESPERSON, "AK"), ANNA, True),
        ((RuleKind.CONTACT, "AK"), ANNA, False),
        ((RuleKind.CONTACT, "CT000002"), STRANGER, False),
    ],
)
def test_a_rule_applies_to_what_it_names(rule: tuple[RuleKind, str], address: str, applies: bool) -> None:
    assert never_log(rule).applies(address, PARTIES.get(address)) is applies


def test_one_rule_among_many_is_enough_and_none_forbids_nothing() -> None:
    rules = never_log((RuleKind.DOMAIN, "clinic.example"), (RuleKind.CONTACT, "CT000002"))
    assert rules.applies(CARL, PARTIES[CARL])
    assert rules.applies("anybody@clinic.example", None)
    assert not rules.applies(ANNA, PARTIES[ANNA])
    assert not never_log().applies(CARL, PARTIES[CARL])
