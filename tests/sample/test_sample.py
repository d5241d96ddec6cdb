"""The sample company holds together: its people, its stories, and the mail that keeps arriving."""

import re
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from local.sample import Company, company
from local.sample.stories import FILES, told

DOMAIN = "nordurljos.example"
NOWS = {
    "a Wednesday at noon": datetime(2025, 11, 19, 12, 0, tzinfo=UTC),
    "a Sunday evening": datetime(2025, 11, 23, 18, 25, 41, 7, tzinfo=UTC),
    "a Monday before work": datetime(2026, 3, 2, 6, 30, tzinfo=UTC),
    "just after midnight": datetime(2026, 1, 1, 0, 5, tzinfo=UTC),
}
NOW = NOWS["a Wednesday at noon"]


@pytest.fixture(scope="module")
def sample() -> Company:
    return company(DOMAIN)


@pytest.fixture(scope="module")
def mails(sample: Company) -> list[EmailMessage]:
    return sample.mails(NOW)


def known_addresses(sample: Company) -> list[str]:
    everybody = [*sample.salespeople, *sample.contacts]
    alternatives = [other["email"] for person in everybody for other in person["alternativeAddresses"]]
    return [person["email"] for person in everybody if person["email"]] + alternatives


def recipients(mail: EmailMessage) -> list[str]:
    return [one.addr_spec for header in ("To", "Cc") if header in mail for one in mail[header].addresses]


def sender(mail: EmailMessage) -> str:
    return str(mail["From"].addresses[0].addr_spec)


def with_subject(mails: list[EmailMessage], start: str) -> EmailMessage:
    return next(mail for mail in mails if mail["Subject"].startswith(start))


def test_there_are_five_salespeople_and_twelve_companies_with_thirty_people(sample: Company) -> None:
    assert len(sample.salespeople) == 5
    assert Counter(contact["type"] for contact in sample.contacts) == {"Company": 12, "Person": 30}


def test_contacts_are_numbered_from_one_with_the_companies_first(sample: Company) -> None:
    assert [contact["no"] for contact in sample.contacts] == [f"CT{number:06}" for number in range(1, 43)]
    companies = {contact["no"] for contact in sample.contacts[:12]}
    assert {contact["companyNo"] for contact in sample.contacts[:12]} == {""}
    assert {contact["companyNo"] for contact in sample.contacts[12:]} == companies


def test_every_contact_has_a_salesperson_that_exists(sample: Company) -> None:
    assert {contact["salespersonCode"] for contact in sample.contacts} <= {one["code"] for one in sample.salespeople}


def test_no_address_belongs_to_two_and_some_companies_have_none(sample: Company) -> None:
    addresses = known_addresses(sample)
    assert len(addresses) == len(set(addresses))
    assert all(re.fullmatch(r"[a-z0-9._-]+@[a-z-]+\.example", address) for address in addresses)
    assert sum(contact["email"] == "" for contact in sample.contacts) == 3
    assert any(person["alternativeAddresses"] for person in sample.salespeople)
    assert any(person["alternativeAddresses"] for person in sample.contacts)


def test_in_another_domain_the_salespeople_and_their_mail_move_and_the_contacts_stay(sample: Company) -> None:
    moved = company("other.example")
    assert moved.contacts == sample.contacts
    assert {person["email"].partition("@")[2] for person in moved.salespeople} == {"other.example"}
    assert DOMAIN not in "".join(mail.as_string() for mail in moved.mails(NOW))


@pytest.mark.parametrize("story", sorted(FILES.glob("*.toml")), ids=lambda story: story.stem)
def test_a_story_has_a_title_and_mails_in_the_order_they_were_sent(story: Path, sample: Company) -> None:
    facts = tomllib.loads(story.read_text("utf-8"))
    assert facts["title"]
    ids = [mail["id"] for mail in facts["mail"]]
    assert len(ids) == len(set(ids))
    assert all(ids.index(mail["answers"]) < ids.index(mail["id"]) for mail in facts["mail"] if "answers" in mail)
    known = {"id", "answers", "when", "from", "sender", "to", "cc", "subject", "headers", "text"}
    assert all(mail.keys() <= known | {"html", "attachments", "meeting", "report"} for mail in facts["mail"])


def test_about_sixty_mails_are_told(mails: list[EmailMessage]) -> None:
    assert 55 <= len(mails) <= 70


@pytest.mark.parametrize("now", NOWS.values(), ids=NOWS.keys())
def test_mails_lie_in_order_within_three_weeks_and_the_last_is_minutes_old(sample: Company, now: datetime) -> None:
    times = [mail["Date"].datetime for mail in sample.mails(now)]
    assert times == sorted(times)
    assert now - timedelta(days=21) < times[0]
    assert now - timedelta(minutes=15) < times[-1] < now
    earlier = [time for time in times if now - time > timedelta(hours=1)]
    assert len(times) - len(earlier) == 3
    assert all(time.weekday() < 5 and 8 <= time.hour < 17 for time in earlier)


@pytest.mark.parametrize("now", NOWS.values(), ids=NOWS.keys())
def test_an_answer_names_an_earlier_mail_of_the_same_thread(sample: Company, now: datetime) -> None:
    seen: dict[str, EmailMessage] = {}
    for mail in sample.mails(now):
        if "In-Reply-To" in mail:
            answered = seen[mail["In-Reply-To"]]
            assert mail["References"].split() == [*answered.get("References", "").split(), answered["Message-ID"]]
        seen[mail["Message-ID"]] = mail
    assert sum("In-Reply-To" in mail for mail in seen.values()) > 30


def test_message_ids_are_unique_in_the_senders_domain_and_stable_for_one_now(sample: Company) -> None:
    mails = sample.mails(NOW)
    ids = [mail["Message-ID"] for mail in mails]
    assert len(ids) == len(set(ids))
    assert all(mail["Message-ID"].endswith(f"@{sender(mail).partition('@')[2]}>") for mail in mails)
    assert [mail.as_bytes() for mail in sample.mails(NOW)] == [mail.as_bytes() for mail in mails]
    assert not {mail["Message-ID"] for mail in sample.mails(NOW + timedelta(minutes=1))} & set(ids)


def test_every_mail_reads_the_same_after_it_went_over_the_wire(sample: Company, mails: list[EmailMessage]) -> None:
    names = {person["email"]: person["name"] for person in [*sample.salespeople, *sample.contacts]}
    for mail in mails:
        received = message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)
        for header in ("From", "To", "Cc", "Subject", "Message-ID", "References", "List-Unsubscribe"):
            assert received[header] == mail[header]
        for one in [one for header in ("From", "To", "Cc") if header in mail for one in received[header].addresses]:
            assert one.display_name == names.get(one.addr_spec, one.display_name)
        [body, sent_body] = [each.get_body(("plain",)) for each in (received, mail)]
        assert body
        assert sent_body
        assert body.get_content().splitlines() == sent_body.get_content().splitlines()


def test_people_sign_their_mail(mails: list[EmailMessage]) -> None:
    body = with_subject(mails, "Útiljósin").get_body(("plain",))
    assert body
    assert body.get_content().endswith("-- \nBirna Lóa Hreinsdóttir\nhótelstjóri\nHótel Jökulsá ehf.\n")


def test_the_odd_mails_are_there(sample: Company, mails: list[EmailMessage]) -> None:
    known = set(known_addresses(sample))
    marks = Counter(
        mark
        for mail in mails
        for mark, there in {
            "newsletter": "List-Unsubscribe" in mail and mail["Precedence"] == "bulk",
            "automatic reply": mail["Auto-Submitted"] == "auto-replied" and "Return-Path" not in mail,
            "bounce": mail["Return-Path"] == "<>" and mail.get_content_type() == "multipart/report",
            "private": mail["Sensitivity"] == "Private",
            "sent twice": mail["X-Sample-Copies"] == "2",
            "on behalf": "Sender" in mail and sender(mail) not in known,
            "internal": all(address.endswith(f"@{DOMAIN}") for address in (sender(mail), *recipients(mail))),
            "stranger": sender(mail) not in known and not {"Sender", "Precedence", "Return-Path"} & set(mail.keys()),
        }.items()
        if there
    )
    once = dict.fromkeys(("automatic reply", "bounce", "private", "sent twice", "on behalf"), 1)
    assert marks == once | {"newsletter": 3, "internal": 2, "stranger": 4}


def test_one_mail_invites_to_a_meeting_that_lies_ahead(sample: Company) -> None:
    for now in NOWS.values():
        invitation = with_subject(sample.mails(now), "Site visit")
        [calendar] = [part for part in invitation.walk() if part.get_content_type() == "text/calendar"]
        assert calendar.get_param("method") == "REQUEST"
        start = re.search(r"DTSTART:(\w+)", calendar.get_content())
        assert start
        assert datetime.strptime(start[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) > now


def test_one_mail_carries_a_pdf_and_a_picture(mails: list[EmailMessage]) -> None:
    [quote] = [mail for mail in mails if list(mail.iter_attachments()) and mail["Return-Path"] is None]
    parts = {part.get_filename(): part.get_content() for part in quote.iter_attachments()}
    assert parts["tilboð-2417.pdf"].startswith(b"%PDF-")
    assert parts["ljósdreifing.png"].startswith(b"\x89PNG")


def test_some_mails_reach_several_and_use_alternative_addresses(sample: Company, mails: list[EmailMessage]) -> None:
    salespeople = {person["email"] for person in sample.salespeople}
    contacts = {person["email"] for person in sample.contacts} - {""}
    alternatives = set(known_addresses(sample)) - salespeople - contacts
    incoming = [mail for mail in mails if sender(mail) in contacts]
    assert any(len(salespeople & set(recipients(mail))) == 2 for mail in incoming)
    assert any(len(contacts & set(recipients(mail))) >= 2 for mail in mails if sender(mail) in salespeople)
    assert any(sender(mail) in alternatives for mail in mails)
    assert any(alternatives & set(recipients(mail)) for mail in incoming)
    assert any(mail.get_content_type() == "multipart/alternative" for mail in incoming)


def test_mail_keeps_arriving_both_ways_between_known_people(sample: Company) -> None:
    known = set(known_addresses(sample))
    seen: dict[str, EmailMessage] = {mail["Message-ID"]: mail for mail in told(sample.people, NOW)}
    before = len(seen)
    for number in range(300):
        mail = sample.arriving(NOW + timedelta(seconds=30 * number), number)
        assert mail["Message-ID"] not in seen
        assert {sender(mail), *recipients(mail)} <= known
        assert sender(mail).endswith(DOMAIN) != recipients(mail)[0].endswith(DOMAIN)
        assert not set("{}") & set(mail["Subject"] + mail.get_content())
        if "In-Reply-To" in mail:
            answered = seen[mail["In-Reply-To"]]
            assert recipients(mail) == [sender(answered)]
            assert mail["Date"].datetime > answered["Date"].datetime
        seen[mail["Message-ID"]] = mail
    arrived = list(seen.values())[before:]
    assert sum(sender(mail).endswith(DOMAIN) for mail in arrived) > 100
    assert sum("In-Reply-To" in mail for mail in arrived) > 100
    assert len({(mail["Subject"], sender(mail)) for mail in arrived}) > 200


def test_the_mail_that_arrives_is_the_same_for_the_same_number_and_time(sample: Company) -> None:
    assert sample.arriving(NOW, 12_345).as_bytes() == sample.arriving(NOW, 12_345).as_bytes()
