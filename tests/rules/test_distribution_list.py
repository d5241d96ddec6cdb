"""Mail through a distribution list: the list hides no customer, and lets nothing in (docs/rules.md, `automatic`)."""

from typing import Any

import pytest

from shared.mail.decision import Claim, Policy, decide
from shared.mail.message import Kind, Sensitivity
from shared.mail.never_log import RuleKind
from shared.mail.outcome import Outcome
from tests.rules.people import ANNA, CARL, PARTIES, SECRET, STRANGER, a_message, a_policy

THE_LIST = "sales@lists.example"
LISTED = (("list-id", "<sales.lists.example>"), ("precedence", "list"))
NEWSLETTER = (*LISTED, ("list-unsubscribe", "<https://lists.example/leave>"))
USUAL, EVERYTHING = a_policy(), a_policy(log_automatic_mail=True)


@pytest.mark.parametrize(
    ("sender", "to", "changes", "policy", "outcome", "kind"),
    [
        pytest.param(CARL, (THE_LIST, ANNA), {}, USUAL, Outcome.LOGGED, Kind.MESSAGE, id="a customer to a salesperson"),
        pytest.param(ANNA, (THE_LIST, CARL), {}, USUAL, Outcome.LOGGED, Kind.MESSAGE, id="a salesperson to a customer"),
        pytest.param(CARL, (THE_LIST,), {}, USUAL, Outcome.AUTOMATIC, Kind.AUTOMATIC, id="to the list alone"),
        pytest.param(STRANGER, (ANNA,), {}, USUAL, Outcome.AUTOMATIC, Kind.AUTOMATIC, id="from a stranger"),
        pytest.param(ANNA, (SECRET,), {}, USUAL, Outcome.EXCLUDED, Kind.MESSAGE, id="to a privacy blocked contact"),
        pytest.param(
            CARL,
            (ANNA,),
            {"sensitivity": Sensitivity.CONFIDENTIAL},
            USUAL,
            Outcome.EXCLUDED,
            Kind.MESSAGE,
            id="confidential",
        ),
        pytest.param(
            CARL,
            (ANNA,),
            {},
            a_policy((RuleKind.CONTACT, "CT000002")),
            Outcome.EXCLUDED,
            Kind.MESSAGE,
            id="never to be logged",
        ),
        pytest.param(
            CARL,
            (ANNA,),
            {"headers": NEWSLETTER},
            USUAL,
            Outcome.AUTOMATIC,
            Kind.AUTOMATIC,
            id="a customer's newsletter",
        ),
        pytest.param(
            CARL,
            (ANNA,),
            {"headers": NEWSLETTER},
            EVERYTHING,
            Outcome.LOGGED,
            Kind.AUTOMATIC,
            id="a customer's newsletter, wanted",
        ),
        pytest.param(
            CARL, (ANNA,), {}, EVERYTHING, Outcome.LOGGED, Kind.MESSAGE, id="a customer, automatic mail wanted"
        ),
        pytest.param(
            STRANGER,
            (ANNA,),
            {},
            EVERYTHING,
            Outcome.UNMATCHED,
            Kind.AUTOMATIC,
            id="a stranger, automatic mail wanted",
        ),
        pytest.param(
            CARL,
            (THE_LIST, ANNA),
            {"item_class": "IPM.Schedule.Meeting.Request"},
            USUAL,
            Outcome.LOGGED,
            Kind.MEETING,
            id="a meeting",
        ),
    ],
)
def test_mail_through_a_list_is_taken_for_what_its_parties_make_it(
    sender: str, to: tuple[str, ...], changes: dict[str, Any], policy: Policy, outcome: Outcome, kind: Kind
) -> None:
    given = {"from_address": sender, "sender_address": sender, "to": to, "headers": LISTED, **changes}
    decision = decide(a_message(**given), Claim("item-1"), PARTIES, policy)
    assert (decision.outcome, decision.kind) == (outcome, kind)
    assert bool(decision.pairs) is (outcome is Outcome.LOGGED)


def test_a_list_that_sends_in_a_customers_name_is_the_customers_mail() -> None:
    message = a_message(from_address=CARL, sender_address=THE_LIST, to=(ANNA,), headers=LISTED)
    decision = decide(message, Claim("item-1"), PARTIES, USUAL)
    assert [(pair.contact_no, pair.salesperson_code) for pair in decision.pairs] == [("CT000002", "AK")]
