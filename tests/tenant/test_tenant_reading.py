from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.graph_service_client import GraphServiceClient

from local.tenant import Tenant
from tests.tenant.letters import LOGGING_MAILBOX, letter
from tests.tenant.sdk import answer

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
INBOX = "/mailFolders/inbox/messages"


def put(tenant: Tenant, *letters: EmailMessage) -> None:
    for one in letters:
        tenant.exchange.mailbox(LOGGING_MAILBOX).put(one.as_bytes())


async def values(web: httpx.AsyncClient, path: str, **headers: str) -> list[dict[str, Any]]:
    answer = await web.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    value: list[dict[str, Any]] = answer.json()["value"]
    return value


async def test_the_sdk_lists_a_folder_as_bytes(tenant: Tenant, graph: GraphServiceClient) -> None:
    put(tenant, letter(Subject="one", Sensitivity="Private"), letter(Subject="two"))
    wanted = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        select=["subject", "from"],
        orderby=["receivedDateTime asc"],
        top=1,
        expand=["singleValueExtendedProperties($filter=id eq 'Integer 0x36' or id eq 'String 0x001A')"],
    )
    configuration = RequestConfiguration(query_parameters=wanted)
    configuration.headers.add("Prefer", IMMUTABLE["Prefer"])
    folder = graph.users.by_user_id(LOGGING_MAILBOX).mail_folders.by_mail_folder_id("inbox")
    request = folder.messages.to_get_request_information(configuration)
    page = await answer(graph, request)
    (message,) = page["value"]
    assert message["id"] == tenant.exchange.mailbox(LOGGING_MAILBOX).messages()[0].immutable_id
    assert message["subject"] == "one"
    assert message["from"]["emailAddress"]["address"] == "bjorn@fiskur.example"
    assert message["singleValueExtendedProperties"] == [
        {"id": "Integer 0x36", "value": "2"},
        {"id": "String 0x1a", "value": "IPM.Note"},
    ]
    following = folder.messages.with_url(page["@odata.nextLink"]).to_get_request_information()
    rest = await answer(graph, following)
    assert [one["subject"] for one in rest["value"]] == ["two"]
    assert "@odata.nextLink" not in rest


async def test_a_next_link_counts_over_the_folder_as_it_is_then(tenant: Tenant, web: httpx.AsyncClient) -> None:
    put(tenant, *(letter(Subject=str(number)) for number in range(4)))
    first = (await web.get(INBOX + "?$top=2&$orderby=receivedDateTime asc&$select=subject")).json()
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    for item in mailbox.messages()[:2]:
        mailbox.move(item, "Archive")
    rest = (await web.get(first["@odata.nextLink"])).json()
    assert rest["value"] == []  # 2 and 3 moved up and were skipped: so does Graph


async def test_both_kinds_of_id_work_in_urls_and_only_one_survives_a_move(
    tenant: Tenant, web: httpx.AsyncClient
) -> None:
    put(tenant, letter())
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    item = mailbox.messages()[0]
    before = item.id
    assert [one["id"] for one in await values(web, INBOX)] == [before]
    assert [one["id"] for one in await values(web, INBOX, **IMMUTABLE)] == [item.immutable_id]
    mailbox.move(item, "Archive")
    statuses = [(await web.get(f"/messages/{one}")).status_code for one in (before, item.id, item.immutable_id)]
    assert statuses == [404, 200, 200]
    assert (await web.get(f"/messages/{item.id.swapcase()}")).status_code == 404
    assert (await web.get("/messages/nonsense")).json()["error"]["code"] == "ErrorInvalidIdMalformed"
    assert (await web.get(f"{INBOX}/{item.id}")).status_code == 404
    for one in (item.id, item.immutable_id):
        assert 100 <= len(one) <= 150


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$select=subject,sensitivity", "RequestBroker--ParseUri"),
        ("$expand=replies", "RequestBroker--ParseUri"),
        ("$orderby=importance", "RequestBroker--ParseUri"),
        ("$filter=subject eq 'x'", "ErrorInvalidUrlQueryFilter"),
        ("$filter=isRead eq false or isRead eq true", "ErrorInvalidUrlQueryFilter"),
        ("$filter=receivedDateTime ge yesterday", "ErrorInvalidUrlQueryFilter"),
        ("$filter=isRead eq false&$orderby=receivedDateTime", "InefficientFilter"),
        (
            "$filter=internetMessageId eq '<a@b>' and receivedDateTime ge 2020-01-01T00:00:00Z"
            "&$orderby=receivedDateTime",
            "InefficientFilter",
        ),
        ("$top=0", "ErrorInvalidUrlQuery"),
        ("$top=1001", "ErrorInvalidUrlQuery"),
        ("$skip=-1", "ErrorInvalidUrlQuery"),
        ("$having=x", "ErrorInvalidUrlQuery"),
    ],
)
async def test_graph_refuses_what_it_does_not_understand(web: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await web.get(f"{INBOX}?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("$filter=receivedDateTime ge 2026-01-02T00:00:00Z&$orderby=receivedDateTime asc", ["2", "3"]),
        ("$filter=receivedDateTime gt 2026-01-02T00:00:00Z", ["3"]),
        ("$filter=receivedDateTime lt 2026-01-03T00:00:00Z and isRead eq false&$orderby=receivedDateTime", ["1"]),
        ("$filter=internetMessageId eq '%3Co''2%2Bx@A.example%3E'", ["2"]),
        ("$filter=isRead eq true", ["2"]),
        ("$OrderBy=receivedDateTime desc&$TOP=2", ["3", "2"]),
        ("", ["3", "2", "1"]),
        ("$count=true&$skip=2", ["1"]),
    ],
)
async def test_filters_and_orders_of_graph(
    tenant: Tenant, web: httpx.AsyncClient, query: str, subjects: list[str]
) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    for day in (1, 2, 3):
        received = tenant.knobs.now().replace(year=2026, month=1, day=day, hour=0, minute=0, second=0)
        raw = letter(Subject=str(day), Message_ID=f"<o'{day}+x@a.example>").as_bytes()
        mailbox.put(raw, received_at=received).is_read = day == 2
    assert [one["subject"] for one in await values(web, f"{INBOX}?{query}")] == subjects


async def test_headers_come_only_when_selected_and_the_id_always(tenant: Tenant, web: httpx.AsyncClient) -> None:
    put(tenant, letter(Precedence="bulk"))
    (whole,) = await values(web, INBOX)
    assert "internetMessageHeaders" not in whole
    assert "body" in whole
    (selected,) = await values(web, f"{INBOX}?$select=INTERNETMESSAGEHEADERS")
    assert set(selected) == {"@odata.etag", "id", "internetMessageHeaders"}
    assert {"name": "Precedence", "value": "bulk"} in selected["internetMessageHeaders"]


async def test_the_body_comes_as_html_or_as_text(tenant: Tenant, web: httpx.AsyncClient) -> None:
    both = letter("the text\n")
    both.add_alternative("<html><style>p{}</style><p>the <b>page</b></p></html>", subtype="html")
    page = letter(Subject="page")
    page.set_content("<p>1 &lt; 2</p><script>alert()</script>", subtype="html")
    put(tenant, both, page)
    text = {"Prefer": 'outlook.body-content-type="text"'}
    as_html, as_text = await values(web, INBOX + "?$select=body"), await values(web, INBOX + "?$select=body", **text)
    assert [one["body"]["contentType"] for one in as_html] == ["html", "html"]
    assert [one["body"]["content"].strip() for one in as_text] == ["1 < 2", "the text"]


async def test_attachments_are_listed_with_or_without_their_content(tenant: Tenant, web: httpx.AsyncClient) -> None:
    with_file = letter()
    with_file.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Tilboð.pdf")
    forwarded = letter(Subject="Fwd")
    forwarded.add_attachment(letter(Subject="inner"))
    put(tenant, with_file, forwarded, letter(Subject="none"))
    path = INBOX + "?$select=hasAttachments&$expand=attachments($select=name,size)&$orderby=receivedDateTime asc"
    listed = await values(web, path)
    assert [one["hasAttachments"] for one in listed] == [True, True, False]
    assert [(file["name"], file["size"]) for file in listed[0]["attachments"]] == [("Tilboð.pdf", 4)]
    assert "contentBytes" not in listed[0]["attachments"][0]
    assert listed[1]["attachments"][0]["@odata.type"] == "#microsoft.graph.itemAttachment"
    (file,) = await values(web, f"/messages/{listed[0]['id']}/attachments")
    assert file["contentBytes"] == "JVBERg=="
    one = await web.get(f"/messages/{listed[0]['id']}/attachments/{file['id']}")
    assert one.json()["contentType"] == "application/pdf"


@pytest.mark.parametrize(
    ("method", "kind", "message_class"),
    [
        ("REQUEST", "#microsoft.graph.eventMessageRequest", "IPM.Schedule.Meeting.Request"),
        ("REPLY", "#microsoft.graph.eventMessageResponse", "IPM.Schedule.Meeting.Resp.Pos"),
        ("PUBLISH", None, "IPM.Note"),
    ],
)
async def test_meetings_are_event_messages(
    tenant: Tenant, web: httpx.AsyncClient, method: str, kind: str | None, message_class: str
) -> None:
    meeting = letter()
    meeting.add_alternative("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", subtype="calendar", params={"method": method})
    put(tenant, meeting)
    expand = "$expand=singleValueExtendedProperties($filter=id eq 'String 0x1A')"
    (shown,) = await values(web, f"{INBOX}?$select=subject&{expand}")
    assert shown.get("@odata.type") == kind
    assert shown["singleValueExtendedProperties"][0]["value"] == message_class


async def test_times_are_whole_seconds_in_utc(tenant: Tenant, web: httpx.AsyncClient) -> None:
    put(tenant, letter(Date="Mon, 02 Feb 2026 10:00:00 +0100"))
    (shown,) = await values(web, INBOX)
    assert shown["sentDateTime"] == "2026-02-02T09:00:00Z"
    assert len(shown["receivedDateTime"]) == len("2026-02-02T09:00:00Z")


async def test_nobody_reads_without_a_good_token(tenant: Tenant, web: httpx.AsyncClient) -> None:
    anonymous = {"Authorization": ""}
    person = {"Authorization": f"Bearer {tenant.token(['EmailLogging.Admin'], 'A', 'a@x.example')}"}
    for headers in (anonymous, person, {"Authorization": "Bearer a.b.c"}):
        answer = await web.get(INBOX, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert (await web.get(INBOX)).status_code == 200
    tenant.knobs.clock_offset_seconds = 3601
    assert (await web.get(INBOX)).status_code == 401
    tenant.knobs.clock_offset_seconds = 0
    tenant.revoke_tokens()
    assert (await web.get(INBOX)).status_code == 401


async def test_a_mailbox_that_does_not_exist_is_not_made(tenant: Tenant, web: httpx.AsyncClient) -> None:
    answer = await web.get(f"{tenant.url}/v1.0/users/nobody@nordurljos.example/mailFolders/inbox/messages")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorInvalidUser")
