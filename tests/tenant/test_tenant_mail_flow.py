import smtplib
from email.message import EmailMessage

import pytest

from local.tenant import Tenant
from tests.tenant.letters import CONTACT, DOMAIN, LOGGING_MAILBOX, SALESPERSON, letter, logged, submit

COLLEAGUE = f"jon@{DOMAIN}"


@pytest.mark.parametrize(
    ("sender", "recipients", "copied"),
    [
        (CONTACT, [SALESPERSON], True),
        (SALESPERSON, [CONTACT], True),
        (SALESPERSON, [COLLEAGUE, CONTACT], True),
        (SALESPERSON, [COLLEAGUE], False),
        (CONTACT, ["someone@else.example"], False),
        (SALESPERSON, [f"x@sub.{DOMAIN}"], True),
        (f"x@sub.{DOMAIN}", [SALESPERSON], True),
        (CONTACT, [SALESPERSON.upper()], True),
        (SALESPERSON, [LOGGING_MAILBOX], True),
    ],
)
def test_mail_that_crosses_the_border_is_copied(
    tenant: Tenant, sender: str, recipients: list[str], copied: bool
) -> None:
    submit(tenant, letter(), sender, *recipients)
    assert len(logged(tenant)) == copied


def test_a_mailbox_gets_one_copy_however_many_ways_it_was_addressed(tenant: Tenant) -> None:
    submit(tenant, letter(), CONTACT, SALESPERSON, SALESPERSON.upper(), LOGGING_MAILBOX, LOGGING_MAILBOX.title())
    assert len(logged(tenant)) == 1
    assert len(tenant.exchange.mailbox(SALESPERSON).messages()) == 1


def test_a_mail_sent_twice_is_there_twice_under_one_message_id(tenant: Tenant) -> None:
    twice = letter(Message_ID="<same@fiskur.example>")
    submit(tenant, twice, CONTACT, SALESPERSON)
    submit(tenant, twice, CONTACT, SALESPERSON)
    assert len(tenant.exchange.mailbox(LOGGING_MAILBOX).with_message_id("<SAME@fiskur.example>")) == 2


def test_the_copy_does_not_tell_who_was_in_bcc(tenant: Tenant) -> None:
    submit(tenant, letter(), CONTACT, SALESPERSON)
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0]
    assert [party.address for party in (*item.mail.to, *item.mail.cc)] == [SALESPERSON]


def test_with_the_rules_off_nothing_is_copied(tenant: Tenant) -> None:
    tenant.exchange.flow_rules = False
    submit(tenant, letter(), CONTACT, SALESPERSON)
    assert logged(tenant) == []


def test_bcc_foldering_puts_a_reply_beside_the_mail_that_it_answers(tenant: Tenant) -> None:
    tenant.exchange.bcc_foldering = True
    submit(tenant, letter(Subject="Tilboð", Message_ID="<offer@fiskur.example>"), CONTACT, SALESPERSON)
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.move(mailbox.messages()[0], "Archive")
    submit(tenant, letter(Subject="Re: Tilboð", In_Reply_To="<offer@fiskur.example>"), SALESPERSON, CONTACT)
    assert logged(tenant) == []
    assert logged(tenant, "Archive") == ["Tilboð", "Re: Tilboð"]
    assert b"X-MS-Exchange-Processed-By-BccFoldering" in mailbox.messages("Archive")[1].mail.raw


@pytest.mark.parametrize(
    ("sender", "trusted", "login", "authentication"),
    [
        (SALESPERSON, True, False, b"Internal"),
        (SALESPERSON, False, False, b"Anonymous"),
        (SALESPERSON, False, True, b"Internal"),
        (CONTACT, True, False, b"Anonymous"),
    ],
)
def test_exchange_says_whether_the_sender_was_authenticated(
    tenant: Tenant, sender: str, trusted: bool, login: bool, authentication: bytes
) -> None:
    tenant.exchange.trust_submission = trusted
    forged = letter(From=SALESPERSON, X_MS_Exchange_Organization_AuthAs="Internal")
    submit(tenant, forged, sender, SALESPERSON, CONTACT, login=login)
    headers = tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0].mail.raw
    assert headers.count(b"X-MS-Exchange-Organization-AuthAs: ") == 1
    assert b"X-MS-Exchange-Organization-AuthAs: " + authentication in headers


def test_a_bounce_comes_from_nobody_and_is_judged_by_its_from_header(tenant: Tenant) -> None:
    submit(tenant, letter(From="mailer-daemon@fiskur.example"), "", SALESPERSON)
    assert tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0].mail.raw.startswith(b"Return-Path: <>")


def test_utf_8_addresses_and_very_long_lines_arrive(tenant: Tenant) -> None:
    raw = (
        f"From: þór@fiskur.example\r\nTo: {SALESPERSON}\r\nSubject: {'löng ' * 9000}\r\n\r\n{'x' * 90_000}\r\n".encode()
    )
    host, _, port = tenant.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port)) as connection:
        connection.ehlo()
        connection.sendmail("þór@fiskur.example", [SALESPERSON], raw, ["SMTPUTF8", "BODY=8BITMIME"])
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0]
    assert item.mail.from_ is not None
    assert item.mail.from_.address == "þór@fiskur.example"
    assert item.subject == ("löng " * 9000).strip()


def test_a_mail_over_36_megabytes_is_refused(tenant: Tenant) -> None:
    host, _, port = tenant.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port)) as connection, pytest.raises(smtplib.SMTPSenderRefused, match="message size"):
        connection.sendmail(CONTACT, [SALESPERSON], b"Subject: x\r\n\r\n" + b"x\r\n" * (13 * 1024 * 1024))
    assert logged(tenant) == []


def test_a_mail_without_message_id_gets_one_that_all_its_copies_share(tenant: Tenant) -> None:
    submit(tenant, letter(), CONTACT, SALESPERSON)
    copies = [tenant.exchange.mailbox(address).messages()[0] for address in (SALESPERSON, LOGGING_MAILBOX)]
    assert copies[0].internet_message_id == copies[1].internet_message_id
    assert copies[0].internet_message_id.endswith(f"@{DOMAIN}>")
    assert copies[0].mail is copies[1].mail


def test_conversations_follow_references_and_else_the_subject_of_a_reply(tenant: Tenant) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)

    def put(**headers: str) -> str:
        message: EmailMessage = letter(**headers)
        return mailbox.put(message.as_bytes()).conversation_id

    offer = put(Subject="Tilboð", Message_ID="<1@a.example>")
    assert put(Subject="Anything", Message_ID="<2@a.example>", In_Reply_To="<1@a.example>") == offer
    assert put(Subject="Else", Message_ID="<3@a.example>", References="<1@a.example> <2@a.example>") == offer
    assert put(Subject="RE: Tilboð", Message_ID="<4@a.example>") == offer
    assert put(Subject="Tilboð", Message_ID="<5@a.example>") != offer
    late = put(Subject="Re: x", Message_ID="<7@a.example>", References="<6@a.example>")
    assert put(Subject="x", Message_ID="<6@a.example>") == late
