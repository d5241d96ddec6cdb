"""Who is who in a message (docs/rules.md, "Matching", line by line)."""

from dataclasses import replace

import pytest

from shared.mail.matching import InformationFlow, Match, Pair, Party, PartyKind, match
from shared.mail.never_log import RuleKind
from tests.rules.people import (
    ANNA,
    ANNA_AT_HOME,
    BEN,
    CARL,
    CARL_AT_HOME,
    DISA,
    LOG,
    PARTIES,
    SECRET,
    STRANGER,
    a_message,
    never_log,
)

OUTBOUND, INBOUND = InformationFlow.OUTBOUND, InformationFlow.INBOUND
ANNA_CARL = Pair("CT000002", "CT000001", "AK", "")
ANNA_DISA = Pair("CT000003", "", "AK", "")
BEN_CARL = Pair("CT000002", "CT000001", "BW", "")
type Rules = tuple[tuple[RuleKind, str], ...]
BLOCKED = "Everybody concerned is privacy blocked, or named by a never-log rule."
UNKNOWN_SENDER = "The sender is neither a salesperson nor a contact."


def matched(
    sender: str, to: list[str], cc: list[str] | None = None, delegate: str | None = None, rules: Rules = ()
) -> Match:
    message = a_message(from_address=sender, sender_address=delegate or sender, to=tuple(to), cc=tuple(cc or ()))
    return match(message, PARTIES, frozenset({LOG}), never_log(*rules).applies)


@pytest.mark.parametrize(
    ("sender", "to", "cc", "flow", "pairs"),
    [
        pytest.param(ANNA, [CARL], [], OUTBOUND, (ANNA_CARL,), id="a salesperson to a contact is outbound"),
        pytest.param(CARL, [ANNA], [], INBOUND, (ANNA_CARL,), id="a contact to a salesperson is inbound"),
        pytest.param(
            ANNA, [DISA], [STRANGER, CARL], OUTBOUND, (ANNA_DISA, ANNA_CARL), id="each contact in To and Cc, in order"
        ),
        pytest.param(CARL, [BEN], [ANNA], INBOUND, (BEN_CARL, ANNA_CARL), id="each salesperson in To and Cc, in order"),
        pytest.param(ANNA, [CARL, CARL], [CARL], OUTBOUND, (ANNA_CARL,), id="an address twice is one entry"),
        pytest.param(
            ANNA, [CARL], [CARL_AT_HOME], OUTBOUND, (ANNA_CARL,), id="two addresses are one entry, by the first"
        ),
        pytest.param(
            ANNA,
            [CARL_AT_HOME, CARL],
            [],
            OUTBOUND,
            (Pair("CT000002", "CT000001", "AK", "PRIVATE"),),
            id="two addresses are one entry, by the alternative one where that comes first",
        ),
        pytest.param(
            CARL_AT_HOME,
            [ANNA],
            [],
            INBOUND,
            (Pair("CT000002", "CT000001", "AK", "PRIVATE"),),
            id="a contact writes from an alternative address",
        ),
        pytest.param(
            DISA,
            [ANNA_AT_HOME, ANNA],
            [],
            INBOUND,
            (Pair("CT000003", "", "AK", "HOME"),),
            id="a salesperson's other one",
        ),
        pytest.param(
            CARL_AT_HOME,
            [ANNA_AT_HOME],
            [],
            INBOUND,
            (Pair("CT000002", "CT000001", "AK", "PRIVATE"),),
            id="the contact's code counts before the salesperson's",
        ),
        pytest.param(ANNA, [BEN, CARL], [LOG], OUTBOUND, (ANNA_CARL,), id="colleagues and the mailbox do not count"),
        pytest.param(CARL, [DISA, ANNA], [], INBOUND, (ANNA_CARL,), id="a contact among the recipients does not count"),
    ],
)
def test_known_parties_are_paired(
    sender: str, to: list[str], cc: list[str], flow: InformationFlow, pairs: tuple[Pair, ...]
) -> None:
    assert matched(sender, to, cc) == Match(flow, pairs)


@pytest.mark.parametrize(
    ("sender", "to", "flow", "reason"),
    [
        pytest.param(STRANGER, [ANNA], None, UNKNOWN_SENDER, id="a stranger to a salesperson"),
        pytest.param(STRANGER, [CARL], None, UNKNOWN_SENDER, id="a stranger to a contact"),
        pytest.param(LOG, [ANNA], None, UNKNOWN_SENDER, id="the logging mailbox as sender, though a contact has it"),
        pytest.param(ANNA, [LOG], OUTBOUND, "No recipient is a contact.", id="the logging mailbox as recipient"),
        pytest.param(ANNA, [STRANGER], OUTBOUND, "No recipient is a contact.", id="a salesperson to a stranger"),
        pytest.param(ANNA, [BEN], OUTBOUND, "No recipient is a contact.", id="a salesperson to a salesperson"),
        pytest.param(ANNA, [ANNA_AT_HOME], OUTBOUND, "No recipient is a contact.", id="a salesperson to herself"),
        pytest.param(CARL, [DISA], INBOUND, "No recipient is a salesperson.", id="a contact to a contact"),
        pytest.param(CARL, [], INBOUND, "No recipient is a salesperson.", id="a contact to nobody"),
        pytest.param("@nowhere.example", [ANNA], None, UNKNOWN_SENDER, id="an address that is not valid as sender"),
        pytest.param(ANNA, ["@nowhere.example"], OUTBOUND, "No recipient is a contact.", id="and as recipient"),
        pytest.param("", [ANNA], None, UNKNOWN_SENDER, id="no sender"),
    ],
)
def test_others_are_not_paired_and_the_reason_says_why(
    sender: str, to: list[str], flow: InformationFlow | None, reason: str
) -> None:
    assert matched(sender, to) == Match(flow, (), reason)


@pytest.mark.parametrize(
    ("sender", "delegate", "to", "flow", "pairs"),
    [
        pytest.param(STRANGER, ANNA, CARL, OUTBOUND, (ANNA_CARL,), id="an unknown From, sent by a salesperson"),
        pytest.param(STRANGER, CARL, BEN, INBOUND, (BEN_CARL,), id="an unknown From, sent by a contact"),
        pytest.param(LOG, ANNA, CARL, OUTBOUND, (ANNA_CARL,), id="the logging mailbox, sent by a salesperson"),
        pytest.param(ANNA, CARL, CARL, OUTBOUND, (ANNA_CARL,), id="a known From counts before the Sender"),
        pytest.param(ANNA, STRANGER, CARL, OUTBOUND, (ANNA_CARL,), id="on behalf of a salesperson"),
    ],
)
def test_the_sender_counts_where_from_is_unknown(
    sender: str, delegate: str, to: str, flow: InformationFlow, pairs: tuple[Pair, ...]
) -> None:
    assert matched(sender, [to], delegate=delegate) == Match(flow, pairs)


def test_a_privacy_blocked_contact_among_others_drops_that_pair_only() -> None:
    reason = "Not logged for 1 more, who are privacy blocked or named by a never-log rule."
    assert matched(ANNA, [SECRET, CARL], [DISA]) == Match(OUTBOUND, (ANNA_CARL, ANNA_DISA), reason)


@pytest.mark.parametrize(
    ("sender", "to", "flow"),
    [
        pytest.param(ANNA, [SECRET], OUTBOUND, id="as the only contact addressed"),
        pytest.param(ANNA, [SECRET, STRANGER, BEN], OUTBOUND, id="as the only contact among others"),
        pytest.param(SECRET, [ANNA], INBOUND, id="as the sender"),
        pytest.param(SECRET, [ANNA, BEN], INBOUND, id="as the sender to several"),
    ],
)
def test_a_privacy_blocked_contact_alone_blocks_the_mail(sender: str, to: list[str], flow: InformationFlow) -> None:
    assert matched(sender, to) == Match(flow, (), BLOCKED, blocked=True)


def test_a_privacy_blocked_contact_who_writes_to_no_salesperson_is_unmatched_not_blocked() -> None:
    assert matched(SECRET, [STRANGER]) == Match(INBOUND, (), "No recipient is a salesperson.")


@pytest.mark.parametrize(
    "rule",
    [
        (RuleKind.ADDRESS, CARL),
        (RuleKind.ADDRESS, "CARL@GlenCorran.example"),
        (RuleKind.DOMAIN, "glencorran.example"),
        (RuleKind.CONTACT, "ct000002"),
    ],
)
def test_a_never_log_rule_on_a_recipient_drops_that_pair_only(rule: tuple[RuleKind, str]) -> None:
    reason = "Not logged for 1 more, who are privacy blocked or named by a never-log rule."
    assert matched(ANNA, [CARL, DISA], rules=(rule,)) == Match(OUTBOUND, (ANNA_DISA,), reason)
    assert matched(ANNA, [CARL], rules=(rule,)) == Match(OUTBOUND, (), BLOCKED, blocked=True)


def test_a_never_log_rule_on_one_of_two_addresses_of_a_contact_drops_the_contact() -> None:
    rules = ((RuleKind.ADDRESS, CARL_AT_HOME),)
    assert matched(ANNA, [CARL, CARL_AT_HOME], rules=rules) == Match(OUTBOUND, (), BLOCKED, blocked=True)
    assert matched(ANNA, [CARL], rules=rules) == Match(OUTBOUND, (ANNA_CARL,))


def test_a_never_log_rule_on_a_salesperson_drops_that_pair_only() -> None:
    found = matched(CARL, [ANNA, BEN], rules=((RuleKind.SALESPERSON, "AK"),))
    assert found.pairs == (BEN_CARL,)


def test_a_contact_and_a_salesperson_may_have_the_same_number() -> None:
    parties = {**PARTIES, DISA: Party(PartyKind.CONTACT, "AK")}
    message = a_message(to=(DISA, CARL))
    never = never_log((RuleKind.CONTACT, "AK")).applies
    assert match(message, parties, frozenset({LOG}), never).pairs == (ANNA_CARL,)
    assert match(message, parties, frozenset({LOG}), never_log().applies).pairs == (
        replace(ANNA_DISA, contact_no="AK"),
        ANNA_CARL,
    )


@pytest.mark.parametrize(
    "rule",
    [
        (RuleKind.ADDRESS, "glencorran.example"),
        (RuleKind.DOMAIN, "corran.example"),
        (RuleKind.DOMAIN, "example"),
        (RuleKind.DOMAIN, CARL),
        (RuleKind.SALESPERSON, "CT000002"),
        (RuleKind.CONTACT, "CT00000"),
        (RuleKind.ADDRESS, ANNA_AT_HOME),
    ],
)
def test_a_never_log_rule_means_exactly_what_it_names(rule: tuple[RuleKind, str]) -> None:
    assert matched(ANNA, [CARL], rules=(rule,)) == Match(OUTBOUND, (ANNA_CARL,))


def test_addresses_of_a_message_are_everybody_in_it_once() -> None:
    message = a_message(from_address=ANNA, sender_address="", to=(CARL, BEN), cc=(CARL, ANNA, DISA))
    assert message.addresses == (ANNA, CARL, BEN, DISA)
    assert message.recipients == (CARL, BEN, ANNA, DISA)
