"""What a message is by its headers and item class (docs/rules.md, `automatic` and `excluded`)."""

from itertools import combinations
from typing import Any

import pytest

from shared.mail.classification import automatic, is_private, is_unauthenticated, kind_of
from shared.mail.message import Kind, Sensitivity
from tests.rules.people import a_message

REPORT = "It is a delivery report."
RESPONSE = "It is a response to a meeting request."
REPLY = "It is an automatic reply."
NO_PATH = "It has no return path, as bounces and automatic replies have."
NEWSLETTER = "It is a newsletter: it offers to unsubscribe."
BULK = "It was sent as bulk mail."
LIST = "It came through a mailing list."


@pytest.mark.parametrize(
    ("headers", "item_class", "reason"),
    [
        ({}, "IPM.Note", ""),
        ({}, "", ""),
        ({}, "REPORT.IPM.Note.NDR", REPORT),
        ({"content-type": 'multipart/report; report-type="delivery-status"'}, "IPM.Note", REPORT),
        ({"content-type": "multipart/mixed"}, "IPM.Note", ""),
        ({}, "IPM.Schedule.Meeting.Resp.Pos", RESPONSE),
        ({}, "IPM.Schedule.Meeting.Request", ""),
        ({}, "IPM.Note.Rules.OofTemplate.Microsoft", REPLY),
        ({}, "IPM.Note.Rules.ExternalOofTemplate.Microsoft", REPLY),
        ({}, "ipm.note.rules.ReplyTemplate.Microsoft", REPLY),
        ({}, "IPM.Note.SMIME.MultipartSigned", ""),
        ({"auto-submitted": "auto-replied"}, "IPM.Note", REPLY),
        ({"auto-submitted": "auto-generated; owner-email=a@b"}, "IPM.Note", REPLY),
        ({"auto-submitted": "no"}, "IPM.Note", ""),
        ({"auto-submitted": " no ; x=y"}, "IPM.Note", ""),
        ({"auto-submitted": ""}, "IPM.Note", ""),
        ({"return-path": "<>"}, "IPM.Note", NO_PATH),
        ({"return-path": "<anna@nordurljos.example>"}, "IPM.Note", ""),
        ({"list-unsubscribe": "<https://letters.example/stop>"}, "IPM.Note", NEWSLETTER),
        ({"precedence": "bulk"}, "IPM.Note", BULK),
        ({"precedence": " junk "}, "IPM.Note", BULK),
        ({"precedence": "first-class"}, "IPM.Note", ""),
    ],
)
def test_a_machines_mail_is_known_by_its_signs(headers: dict[str, str], item_class: str, reason: str) -> None:
    message = a_message(headers=tuple(headers.items()), item_class=item_class)
    assert automatic(message, parties_known=True) == reason
    assert automatic(message, parties_known=False) == reason


SIGNS = (
    (REPORT, "content-type", "multipart/report; report-type=delivery-status"),
    (REPLY, "auto-submitted", "auto-replied"),
    (NO_PATH, "return-path", "<>"),
    (NEWSLETTER, "list-unsubscribe", "<mailto:stop@letters.example>"),
    (BULK, "precedence", "bulk"),
)
"""In the order in which they make the reason."""


@pytest.mark.parametrize("item_class", ["IPM.Note", "IPM.Schedule.Meeting.Request"])
@pytest.mark.parametrize("listed", [(), (("list-id", "<all.nordurljos.example>"),)], ids=["", "through a list"])
@pytest.mark.parametrize(
    "signs",
    [signs for count in range(1, len(SIGNS) + 1) for signs in combinations(SIGNS, count)],
    ids=lambda signs: "+".join(name for _, name, _ in signs),
)
def test_of_signs_that_come_together_the_strongest_is_the_reason(
    signs: tuple[tuple[str, str, str], ...], listed: tuple[tuple[str, str], ...], item_class: str
) -> None:
    headers = (*listed, *((name, value) for _, name, value in reversed(signs)))
    message = a_message(headers=headers, item_class=item_class)
    reason = signs[0][0]
    assert automatic(message, parties_known=True) == automatic(message, parties_known=False) == reason


def test_a_sign_beside_those_of_a_list_counts() -> None:
    both = (("list-id", "<all.nordurljos.example>"), ("list-unsubscribe", "<https://letters.example/stop>"))
    assert automatic(a_message(headers=both), parties_known=True) == NEWSLETTER
    assert automatic(a_message(headers=(*both[:1], ("precedence", "list"))), parties_known=True) == ""


def test_the_first_header_of_a_name_counts() -> None:
    twice = (("auto-submitted", "no"), ("auto-submitted", "auto-replied"))
    assert automatic(a_message(headers=twice), parties_known=True) == ""


@pytest.mark.parametrize("header", [("list-id", "<all.nordurljos.example>"), ("precedence", "list")])
def test_a_distribution_list_hides_no_customer(header: tuple[str, str]) -> None:
    assert automatic(a_message(headers=(header,)), parties_known=True) == ""
    assert automatic(a_message(headers=(header,)), parties_known=False) == LIST


@pytest.mark.parametrize(
    ("item_class", "kind"),
    [
        ("IPM.Schedule.Meeting.Request", Kind.MEETING),
        ("ipm.schedule.meeting.request", Kind.MEETING),
        ("IPM.Schedule.Meeting.Canceled", Kind.MESSAGE),
        ("IPM.Note", Kind.MESSAGE),
        ("", Kind.MESSAGE),
    ],
)
def test_the_item_class_says_whether_it_is_a_meeting(item_class: str, kind: Kind) -> None:
    assert kind_of(a_message(item_class=item_class)) is kind


@pytest.mark.parametrize(
    ("changes", "private"),
    [
        ({}, False),
        ({"sensitivity": Sensitivity.PERSONAL}, False),
        ({"sensitivity": Sensitivity.PRIVATE}, True),
        ({"sensitivity": Sensitivity.CONFIDENTIAL}, True),
        ({"sensitivity": 7}, False),
        ({"headers": (("sensitivity", "private"),)}, True),
        ({"headers": (("sensitivity", " company-confidential "),)}, True),
        ({"headers": (("sensitivity", "personal"),)}, False),
    ],
)
def test_private_and_confidential_mail_is_for_others_eyes(changes: dict[str, Any], private: bool) -> None:
    assert is_private(a_message(**changes)) is private


@pytest.mark.parametrize(("word", "unknown"), [("anonymous", True), ("internal", False), ("", False)])
def test_exchange_says_whether_it_knows_the_sender(word: str, unknown: bool) -> None:
    assert is_unauthenticated(a_message(headers=(("x-ms-exchange-organization-authas", word),))) is unknown
