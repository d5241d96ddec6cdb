"""The interaction log over HTTP: entries, every filter, and the original message behind an entry."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from local.tenant import Tenant
from tests.conftest import LOGGING_MAILBOX
from tests.jobs.company import ANNA, BEN, CARL, CARL_AT_HOME, DISA, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in

ENTRY_KEYS = {
    "id", "etag", "occurredAt", "date", "informationFlow", "initiatedBy", "correspondenceType", "kind",
    "contactNo", "contactName", "companyNo", "companyName", "alternativeAddressCode", "salespersonCode",
    "salespersonName", "subject", "description", "evaluation", "canceled", "opportunityNo", "commentCount",
    "message",
}  # fmt: skip
MESSAGE_KEYS = {"internetMessageId", "conversationId", "hasAttachments", "mailbox", "open"}
FIRST = "<lamps-1@letters.example>"
type Entry = dict[str, Any]


@pytest.fixture(scope="module")
def letters(running: Running) -> Iterator[httpx.Client]:
    """Six letters over four days, one of them a reply, and an opportunity from one; an administrator's client."""
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)

    def sent(day: int, hour: int = 9) -> datetime:
        return datetime(2026, 10, day, hour, 30, tzinfo=UTC)

    mailbox.put(letter(ANNA, CARL, message_id=FIRST, sent=sent(1, 20), subject="Lamps " + "for the still house " * 9))
    mailbox.put(letter(ANNA, CARL, message_id="<lamps-2@letters.example>", sent=sent(2), in_reply_to=FIRST))
    mailbox.put(letter(CARL_AT_HOME, ANNA, BEN, message_id="<lamps-3@letters.example>", sent=sent(2, 11)))
    mailbox.put(letter(BEN, DISA, CARL, message_id="<lamps-4@letters.example>", sent=sent(3)))
    mailbox.put(letter(BEN, CARL, message_id="<lamps-5@letters.example>", sent=sent(4, 0)))
    with running.client("EmailLogging.Admin") as client:
        run_until_done(client)
        entry = by_message_id(client, FIRST)
        client.post(f"/api/interactions/{entry['id']}/opportunity").raise_for_status()
        yield client


def by_message_id(client: httpx.Client, message_id: str) -> Entry:
    entries = everything_in(client, "/api/interactions")
    return next(entry for entry in entries if entry["message"]["internetMessageId"] == message_id)


def test_an_outbound_entry_has_all_fields_of_the_contract(running: Running, letters: httpx.Client) -> None:
    entry = by_message_id(letters, FIRST)

    assert set(entry) == ENTRY_KEYS
    assert set(entry["message"]) == MESSAGE_KEYS
    subject = ("Lamps " + "for the still house " * 9).strip()
    assert (
        entry
        | {
            "occurredAt": "2026-10-01T20:30:00Z",
            "date": "2026-10-01",
            "informationFlow": "Outbound",
            "initiatedBy": "Us",
            "correspondenceType": "Email",
            "kind": "Message",
            "contactNo": "CT000002",
            "contactName": "Carl Munro",
            "companyNo": "CT000001",
            "companyName": "Glen Corran Distillery",
            "alternativeAddressCode": "",
            "salespersonCode": "AK",
            "salespersonName": "Anna Karlsdóttir",
            "subject": subject,
            "description": subject[:100],
            "evaluation": "",
            "canceled": False,
            "commentCount": 0,
        }
        == entry
    )
    assert entry["opportunityNo"].startswith("OP")
    assert entry["message"]["mailbox"] == LOGGING_MAILBOX
    assert entry["message"]["hasAttachments"] is False
    assert entry["message"]["open"] == f"{running.web}/api/interactions/{entry['id']}/open"


def test_an_inbound_entry_says_which_address_matched_and_one_stands_for_each_salesperson(letters: httpx.Client) -> None:
    entries = everything_in(letters, "/api/interactions", informationFlow="Inbound", contactNo="CT000002")
    ours = [entry for entry in entries if entry["message"]["internetMessageId"] == "<lamps-3@letters.example>"]

    assert {entry["salespersonCode"] for entry in ours} == {"AK", "BW"}
    assert {(entry["initiatedBy"], entry["alternativeAddressCode"]) for entry in ours} == {("Them", "HOME")}


def test_one_entry_is_read_with_its_comments_and_the_tag_that_the_list_shows(letters: httpx.Client) -> None:
    listed = by_message_id(letters, FIRST)

    answer = letters.get(f"/api/interactions/{listed['id']}")

    assert answer.status_code == 200
    assert answer.json() == {**listed, "comments": []}
    assert answer.headers["ETag"] == listed["etag"]


def test_an_entry_that_does_not_exist_is_404(letters: httpx.Client) -> None:
    unknown = by_message_id(letters, FIRST)["id"][:-8] + "00000000"
    for address in ("", "/message", "/open"):
        answer = letters.get(f"/api/interactions/{unknown}{address}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_entries_come_newest_first(letters: httpx.Client) -> None:
    times = [entry["occurredAt"] for entry in everything_in(letters, "/api/interactions")]

    assert times == sorted(times, reverse=True)


FILTERS: dict[str, tuple[Any, Callable[[Entry], bool]]] = {
    "of a contact": ({"contactNo": "CT000002"}, lambda entry: entry["contactNo"] == "CT000002"),
    "of a contact in small letters": ({"contactNo": "ct000003"}, lambda entry: entry["contactNo"] == "CT000003"),
    "of nobody": ({"contactNo": "NOBODY"}, lambda entry: False),
    "of a company": ({"companyNo": "CT000001"}, lambda entry: entry["companyNo"] == "CT000001"),
    "of a salesperson": ({"salespersonCode": "AK"}, lambda entry: entry["salespersonCode"] == "AK"),
    "inbound": ({"informationFlow": "Inbound"}, lambda entry: entry["informationFlow"] == "Inbound"),
    "outbound": ({"informationFlow": "Outbound"}, lambda entry: entry["informationFlow"] == "Outbound"),
    "from a date": ({"fromDate": "2026-10-02"}, lambda entry: entry["date"] >= "2026-10-02"),
    "to a date": ({"toDate": "2026-10-03"}, lambda entry: entry["date"] <= "2026-10-03"),
    "between months": ({"fromDate": "2026-09-01", "toDate": "2026-10-02"}, lambda entry: entry["date"] <= "2026-10-02"),
    "not canceled": ({"canceled": "false"}, lambda entry: not entry["canceled"]),
    "canceled": ({"canceled": "true"}, lambda entry: entry["canceled"]),
    "with an opportunity": ({"hasOpportunity": "true"}, lambda entry: bool(entry["opportunityNo"])),
    "without an opportunity": ({"hasOpportunity": "false"}, lambda entry: not entry["opportunityNo"]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_gives_what_it_says_alone_and_with_each_other(letters: httpx.Client, name: str) -> None:
    everything = {which: everything_in(letters, "/api/interactions", canceled=which) for which in ("false", "true")}
    for query, fits in [FILTERS[name], *(both(FILTERS[name], other) for other in FILTERS.values())]:
        expected = [entry["id"] for entry in everything[query.get("canceled", "false")] if fits(entry)]

        assert [entry["id"] for entry in everything_in(letters, "/api/interactions", **query)] == expected, query


def both(one: tuple[Any, Callable[[Entry], bool]], other: tuple[Any, Callable[[Entry], bool]]) -> Any:
    """Two filters together; where they ask the same thing, the first counts."""
    same = set(one[0]) & set(other[0])
    if same:
        return one
    return {**one[0], **other[0]}, lambda entry: one[1](entry) and other[1](entry)


def test_a_conversation_and_an_opportunity_are_filters_too(letters: httpx.Client) -> None:
    first, reply = (by_message_id(letters, message_id) for message_id in (FIRST, "<lamps-2@letters.example>"))
    conversation = first["message"]["conversationId"]
    assert reply["message"]["conversationId"] == conversation
    found = {
        "conversation": {"conversationId": conversation},
        "opportunity": {"opportunityNo": first["opportunityNo"]},
        "both": {"conversationId": conversation, "opportunityNo": first["opportunityNo"]},
        "rest": {"conversationId": conversation, "hasOpportunity": "false"},
        "nothing": {"conversationId": conversation, "contactNo": "CT000003"},
    }

    ids = {name: [entry["id"] for entry in everything_in(letters, "/api/interactions", **query)]
           for name, query in found.items()}  # fmt: skip

    assert ids == {
        "conversation": [reply["id"], first["id"]],
        "opportunity": [first["id"]],
        "both": [first["id"]],
        "rest": [reply["id"]],
        "nothing": [],
    }


def test_dates_are_those_of_the_time_zone_in_the_setup(letters: httpx.Client) -> None:
    setup = letters.get("/api/email-logging/setup").json()
    here = [entry["id"] for entry in everything_in(letters, "/api/interactions", toDate="2026-10-01")]
    entry = by_message_id(letters, FIRST)
    assert entry["id"] in here
    try:
        letters.put("/api/email-logging/setup", json={**setup, "timeZone": "Asia/Tokyo"}).raise_for_status()
        in_tokyo = everything_in(letters, "/api/interactions", toDate="2026-10-01")
        next_day = everything_in(letters, "/api/interactions", fromDate="2026-10-02", toDate="2026-10-02")
        seen = letters.get(f"/api/interactions/{entry['id']}").json()
    finally:
        letters.put("/api/email-logging/setup", json=setup).raise_for_status()

    assert (seen["date"], seen["occurredAt"]) == ("2026-10-02", "2026-10-01T20:30:00Z")
    assert entry["id"] in [one["id"] for one in next_day]
    assert entry["id"] not in [one["id"] for one in in_tokyo]


def test_the_message_is_read_live_with_its_text_and_attachments(running: Running, letters: httpx.Client) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Cc"] = f"Anna <{ANNA}>", CARL, "partner@elsewhere.example"
    mail["Subject"], mail["Message-ID"] = "Drawing of the lamp", "<drawing@letters.example>"
    mail["Date"] = format_datetime(datetime(2026, 10, 5, 8, 0, tzinfo=UTC))
    mail.set_content("Hello Carl,\n\nthe drawing is attached: þessi lampi.\n")
    mail.add_attachment(b"%PDF-1.7" * 100, maintype="application", subtype="pdf", filename="lampi.pdf")
    running.tenant.exchange.mailbox(LOGGING_MAILBOX).put(mail.as_bytes())
    run_until_done(letters)
    entry = by_message_id(letters, "<drawing@letters.example>")

    message = letters.get(f"/api/interactions/{entry['id']}/message").raise_for_status().json()

    assert entry["message"]["hasAttachments"] is True
    assert set(message) == {"from", "to", "cc", "subject", "sentAt", "receivedAt", "text", "attachments", "webLink"}
    assert (message["from"], message["to"], message["cc"]) == (ANNA, [CARL], ["partner@elsewhere.example"])
    assert (message["subject"], message["sentAt"]) == ("Drawing of the lamp", "2026-10-05T08:00:00Z")
    assert "the drawing is attached: þessi lampi." in message["text"]
    (attachment,) = message["attachments"]
    assert attachment["name"] == "lampi.pdf"
    assert attachment["size"] >= 800
    assert message["webLink"].startswith(running.tenant.url)


def test_the_original_opens_wherever_somebody_moved_it_and_is_404_when_it_is_gone(
    running: Running, letters: httpx.Client, reader: httpx.Client
) -> None:
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.create_folder("Glen Corran")
    mailbox.put(letter(ANNA, CARL, message_id="<moved@letters.example>", subject="A letter that wanders"))
    run_until_done(letters)
    address = by_message_id(letters, "<moved@letters.example>")["message"]["open"]
    (item,) = mailbox.with_message_id("<moved@letters.example>")
    assert item.folder.display_name == "Archive"

    links = []
    for folder in ("Archive", "Glen Corran", "Deleted Items"):
        if item.folder.display_name != folder:
            mailbox.move(item, folder)
        answer = reader.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        links.append(answer.headers["Location"])
        page = opened(running.tenant, links[-1])
        assert (page.status_code, "A letter that wanders" in page.text) == (200, True)
    assert len(set(links)) == 3

    mailbox.delete(item)
    for gone in (address, address.removesuffix("/open") + "/message"):
        answer = reader.get(gone)
        assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def opened(tenant: Tenant, link: str) -> httpx.Response:
    """What a browser shows at a link into the mailbox."""
    trusted = ssl.create_default_context(cafile=tenant.settings()["SSL_CERT_FILE"])
    with httpx.Client(verify=trusted, trust_env=False) as browser:
        return browser.get(link)


def test_a_moved_copy_of_another_mail_with_the_same_message_id_is_not_opened(
    running: Running, letters: httpx.Client, reader: httpx.Client
) -> None:
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    mailbox.put(letter(ANNA, CARL, message_id="<twin@letters.example>", subject="The right letter"))
    run_until_done(letters)
    entry = by_message_id(letters, "<twin@letters.example>")
    (item,) = mailbox.with_message_id("<twin@letters.example>")
    mailbox.put(letter(ANNA, DISA, message_id="<twin@letters.example>", subject="A forged letter"), "Junk Email")
    mailbox.purge(item)

    assert reader.get(entry["message"]["open"]).status_code == 404
