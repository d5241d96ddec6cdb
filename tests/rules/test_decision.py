"""The one outcome of a message: their order, their reasons, their marks, and where each goes."""

from typing import Any

import pytest

from shared.mail.decision import Claim, Decision, Policy, decide
from shared.mail.ledger import LedgerRow
from shared.mail.matching import InformationFlow, Pair
from shared.mail.message import Kind, Sensitivity
from shared.mail.never_log import RuleKind
from shared.mail.outcome import Destination, Mark, NotLoggedAction, Outcome, destination_of
from tests.rules.people import (
    ANNA,
    BEN,
    CARL,
    DISA,
    PARTIES,
    RECEIVED,
    SECRET,
    SENT,
    STRANGER,
    a_message,
    a_policy,
)

NOTHING_SPECIAL = a_policy()
MINE, ANOTHERS = Claim("item-1"), Claim("item-0")
BLOCKED = "Everybody concerned is privacy blocked, or named by a never-log rule."
PAIR = Pair("CT000002", "CT000001", "AK", "")


def decided(claim: Claim = MINE, policy: Policy = NOTHING_SPECIAL, **changes: Any) -> Decision:
    return decide(a_message(**changes), claim, PARTIES, policy)


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        (Outcome.DRAFT, {"is_draft": True, "from_address": "", "to": ()}),
        (Outcome.NO_SENDER, {"from_address": "", "to": ()}),
        (Outcome.NO_RECIPIENTS, {"from_address": STRANGER, "to": ()}),
        (Outcome.DUPLICATE, {"to": (SECRET,)}),
        (Outcome.DUPLICATE, {"to": (STRANGER,)}),
        (Outcome.DUPLICATE, {}),
    ],
)
def test_what_is_wrong_first_decides_though_the_mail_is_anothers_too(outcome: Outcome, changes: dict[str, Any]) -> None:
    assert decided(ANOTHERS, **changes).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "claim", "decision"),
    [
        pytest.param(
            {"is_draft": True}, MINE, Decision(Outcome.DRAFT, "It is a draft that was never sent."), id="draft"
        ),
        pytest.param(
            {"from_address": ""}, MINE, Decision(Outcome.NO_SENDER, "It has no From address."), id="no sender"
        ),
        pytest.param({"to": ()}, MINE, Decision(Outcome.NO_RECIPIENTS, "Nobody is in To or Cc."), id="no recipients"),
        pytest.param(
            {}, ANOTHERS, Decision(Outcome.DUPLICATE, "The same mail is in the ledger already."), id="duplicate"
        ),
        pytest.param(
            {"to": (SECRET,)},
            MINE,
            Decision(Outcome.EXCLUDED, BLOCKED, flow=InformationFlow.OUTBOUND),
            id="excluded",
        ),
        pytest.param(
            {"to": (BEN,)},
            MINE,
            Decision(Outcome.UNMATCHED, "No recipient is a contact.", flow=InformationFlow.OUTBOUND),
            id="unmatched",
        ),
        pytest.param(
            {"from_address": STRANGER, "sender_address": STRANGER},
            MINE,
            Decision(Outcome.UNMATCHED, "The sender is neither a salesperson nor a contact."),
            id="unknown sender",
        ),
        pytest.param(
            {},
            MINE,
            Decision(
                Outcome.LOGGED,
                "Logged: from a salesperson to a contact.",
                flow=InformationFlow.OUTBOUND,
                pairs=(PAIR,),
            ),
            id="logged",
        ),
    ],
)
def test_each_outcome_has_its_reason(changes: dict[str, Any], claim: Claim, decision: Decision) -> None:
    assert decided(claim, **changes) == decision


@pytest.mark.parametrize(
    ("sender", "to", "reason"),
    [
        (ANNA, (CARL, DISA), "Logged: from a salesperson to 2 contacts."),
        (CARL, (ANNA,), "Logged: from a contact to a salesperson."),
        (CARL, (ANNA, BEN), "Logged: from a contact to 2 salespeople."),
        (
            ANNA,
            (CARL, SECRET),
            "Logged: from a salesperson to a contact. "
            "Not logged for 1 more, who are privacy blocked or named by a never-log rule.",
        ),
    ],
)
def test_the_reason_of_a_logged_mail_says_from_whom_to_how_many(sender: str, to: tuple[str, ...], reason: str) -> None:
    decision = decided(from_address=sender, sender_address=sender, to=to)
    assert (decision.outcome, decision.reason) == (Outcome.LOGGED, reason)


BULK = (("precedence", "bulk"),)
ANONYMOUS = (("x-ms-exchange-organization-authas", "anonymous"),)
PRIVATE: dict[str, Any] = {"sensitivity": Sensitivity.PRIVATE}
RULE = "A never-log rule names the sender."


@pytest.mark.parametrize(
    ("outcome", "changes", "policy"),
    [
        pytest.param(Outcome.DUPLICATE, {"item_id": "item-2", **PRIVATE}, NOTHING_SPECIAL, id="a duplicate first"),
        pytest.param(Outcome.EXCLUDED, {"headers": BULK, **PRIVATE}, NOTHING_SPECIAL, id="private, then automatic"),
        pytest.param(Outcome.EXCLUDED, {"to": (SECRET,), "headers": BULK}, NOTHING_SPECIAL, id="blocked before bulk"),
        pytest.param(Outcome.EXCLUDED, {"to": (STRANGER,), **PRIVATE}, NOTHING_SPECIAL, id="private, then unmatched"),
        pytest.param(
            Outcome.AUTOMATIC, {"to": (STRANGER,), "headers": BULK}, NOTHING_SPECIAL, id="bulk before strange"
        ),
        pytest.param(Outcome.LOGGED, PRIVATE, a_policy(log_private_mail=True), id="private mail may be logged"),
        pytest.param(
            Outcome.UNMATCHED,
            {"to": (STRANGER,), "headers": BULK},
            a_policy(log_automatic_mail=True),
            id="automatic mail may be matched",
        ),
        pytest.param(Outcome.EXCLUDED, {}, a_policy((RuleKind.ADDRESS, ANNA)), id="a rule on the sender's address"),
        pytest.param(Outcome.EXCLUDED, {}, a_policy((RuleKind.SALESPERSON, "ak")), id="a rule on the sender"),
        pytest.param(Outcome.EXCLUDED, {}, a_policy((RuleKind.CONTACT, "CT000002")), id="a rule on the only contact"),
        pytest.param(
            Outcome.EXCLUDED,
            {"from_address": STRANGER, "sender_address": STRANGER},
            a_policy((RuleKind.DOMAIN, "elsewhere.example")),
            id="a rule on a stranger",
        ),
        pytest.param(
            Outcome.EXCLUDED, {"sender_address": BEN}, a_policy((RuleKind.SALESPERSON, "BW")), id="a rule on a delegate"
        ),
    ],
)
def test_what_the_company_decided_counts_before_what_the_mail_is(
    outcome: Outcome, changes: dict[str, Any], policy: Policy
) -> None:
    assert decided(policy=policy, **changes).outcome is outcome


def test_the_reason_of_an_excluded_mail_says_who_wanted_it() -> None:
    assert decided(**PRIVATE).reason == "The sender marked it Private or Confidential."
    assert decided(policy=a_policy((RuleKind.ADDRESS, ANNA))).reason == RULE
    assert decided(policy=a_policy((RuleKind.CONTACT, "CT000002"))).reason == BLOCKED


def test_automatic_mail_has_its_kind_logged_or_not() -> None:
    not_logged, logged = (decided(headers=BULK, policy=a_policy(log_automatic_mail=on)) for on in (False, True))
    assert (not_logged.outcome, not_logged.kind, not_logged.pairs) == (Outcome.AUTOMATIC, Kind.AUTOMATIC, ())
    assert not_logged.reason == "It was sent as bulk mail."
    assert (logged.outcome, logged.kind, logged.pairs) == (Outcome.LOGGED, Kind.AUTOMATIC, (PAIR,))


def test_a_meeting_request_between_known_parties_is_logged_as_a_meeting() -> None:
    decision = decided(item_class="IPM.Schedule.Meeting.Request")
    assert (decision.outcome, decision.kind) == (Outcome.LOGGED, Kind.MEETING)


def test_a_sender_inside_whom_exchange_does_not_vouch_for_is_marked() -> None:
    assert decided(headers=ANONYMOUS).marks == (Mark.UNAUTHENTICATED_SENDER,)
    both = decided(Claim("item-1", collides=True), headers=ANONYMOUS).marks
    assert both == (Mark.ID_COLLISION, Mark.UNAUTHENTICATED_SENDER)
    assert decided(from_address=CARL, sender_address=CARL, to=(ANNA,), headers=ANONYMOUS).marks == ()


def test_a_recipient_in_cc_alone_is_enough() -> None:
    assert decided(to=(), cc=(CARL,)).pairs == (PAIR,)


@pytest.mark.parametrize(
    "changes", [{"is_draft": True}, {"from_address": ""}, {"to": ()}, {"to": (SECRET,)}, {"to": (STRANGER,)}, {}]
)
@pytest.mark.parametrize("owner", ["item-1", "item-0"])
def test_a_message_id_shared_with_another_mail_is_marked_whatever_the_outcome(
    changes: dict[str, Any], owner: str
) -> None:
    assert decided(Claim(owner, collides=True), **changes).marks == (Mark.ID_COLLISION,)
    assert decided(Claim(owner), **changes).marks == ()


NOT_LOGGED = set(Outcome) - {Outcome.LOGGED, Outcome.FAILED}


@pytest.mark.parametrize(
    ("action", "destination"),
    [
        (NotLoggedAction.MOVE, Destination.NOT_LOGGED),
        (NotLoggedAction.LEAVE, Destination.INBOX),
        (NotLoggedAction.DELETE, Destination.DELETED),
    ],
)
def test_the_setup_says_where_messages_go_that_are_not_logged(
    action: NotLoggedAction, destination: Destination
) -> None:
    assert {destination_of(outcome, action) for outcome in NOT_LOGGED} == {destination}
    assert destination_of(Outcome.LOGGED, action) is Destination.ARCHIVE
    assert destination_of(Outcome.FAILED, action) is Destination.FAILED


def test_every_action_of_the_setup_has_a_destination_for_every_outcome() -> None:
    assert all(destination_of(outcome, action) for outcome in Outcome for action in NotLoggedAction)


@pytest.mark.parametrize(("sender", "to", "time"), [(ANNA, CARL, SENT), (CARL, ANNA, RECEIVED)])
def test_an_interaction_has_the_sent_time_when_outbound_and_the_received_time_when_inbound(
    sender: str, to: str, time: object
) -> None:
    message = a_message(from_address=sender, sender_address=sender, to=(to,))
    decision = decide(message, MINE, PARTIES, NOTHING_SPECIAL)
    row = LedgerRow("row", message, decision, RECEIVED)
    assert row.occurred_at == time
    assert row.interaction_ids == (row.interaction_id(PAIR),)
