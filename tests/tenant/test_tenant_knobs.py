import asyncio
import time

import httpx
import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_service_client import GraphServiceClient

from local.tenant import Fault, Tenant
from tests.tenant.letters import LOGGING_MAILBOX, letter, logged
from tests.tenant.sdk import move

INBOX = "/mailFolders/inbox/messages"


async def test_more_than_four_requests_at_once_are_throttled(tenant: Tenant, web: httpx.AsyncClient) -> None:
    tenant.knobs.latency_ms = 100
    answers = await asyncio.gather(*(web.get(INBOX) for _ in range(7)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 3
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert refused[0].json()["error"]["code"] == "ApplicationThrottled"
    assert "MailboxConcurrency" in refused[0].json()["error"]["message"]
    assert tenant.gate.most_concurrent[LOGGING_MAILBOX] == 4
    tenant.knobs.concurrent_per_mailbox = None
    assert {answer.status_code for answer in await asyncio.gather(*(web.get(INBOX) for _ in range(7)))} == {200}


async def test_a_mailbox_has_a_quota_for_ten_minutes(tenant: Tenant, web: httpx.AsyncClient) -> None:
    tenant.knobs.quota = 2
    answers = [await web.get(INBOX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 590 <= int(answers[2].headers["retry-after"]) <= 601
    tenant.knobs.clock_offset_seconds = 601
    assert (await web.get(INBOX)).status_code == 200


@pytest.mark.parametrize(
    ("action", "status", "retry_after"),
    [("429", 429, "7"), ("429-no-retry-after", 429, None), ("503", 503, None), ("500", 500, None)],
)
async def test_a_fault_strikes_after_some_and_so_many_times(
    tenant: Tenant, web: httpx.AsyncClient, action: str, status: int, retry_after: str | None
) -> None:
    tenant.knobs.change({"faults": [{"match": "GET .*messages$", "action": action, "after": 1, "retry_after": 7}]})
    answers = [await web.get(INBOX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert answers[1].headers.get("retry-after") == retry_after


async def test_a_reset_before_leaves_the_work_undone(tenant: Tenant, graph: GraphServiceClient) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    tenant.knobs.faults = [Fault("POST .*/move$", "reset-before")]
    with pytest.raises(httpx.TransportError):
        await move(graph, item.immutable_id)
    assert logged(tenant) == ["Fyrirspurn"]
    assert await move(graph, item.immutable_id)
    assert logged(tenant, "Archive") == ["Fyrirspurn"]


async def test_a_reset_after_has_done_the_work(tenant: Tenant, graph: GraphServiceClient) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    old = item.id
    tenant.knobs.faults = [Fault("POST .*/move$", "reset-after")]
    with pytest.raises(httpx.TransportError):
        await move(graph, old)
    assert logged(tenant, "Archive") == ["Fyrirspurn"]
    with pytest.raises(ODataError) as missing:
        await move(graph, old)
    assert missing.value.response_status_code == 404


async def test_the_sdk_waits_as_told_and_tries_again(tenant: Tenant, graph: GraphServiceClient) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    tenant.knobs.faults = [Fault("POST .*/move$", "429", retry_after=1)]
    began = time.monotonic()
    assert (await move(graph, item.immutable_id, max_retries=1))["id"] == item.id
    assert time.monotonic() - began >= 1
    assert tenant.gate.requests["move"] == 2


async def test_a_slow_answer_is_an_answer(tenant: Tenant, web: httpx.AsyncClient) -> None:
    tenant.knobs.faults = [Fault("GET", "slow", delay_ms=200)]
    with pytest.raises(httpx.ReadTimeout):
        await web.get(INBOX, timeout=0.05)
    assert (await web.get(INBOX)).status_code == 200


async def test_a_poison_item_spoils_its_page_and_can_still_be_moved(tenant: Tenant, web: httpx.AsyncClient) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    items = [mailbox.put(letter(Subject=str(number)).as_bytes()) for number in range(3)]
    tenant.knobs.poison = {items[1].immutable_id}
    page = INBOX + "?$orderby=receivedDateTime asc"
    assert (await web.get(page)).status_code == 500
    assert (await web.get(f"{page}&$select=id")).status_code == 200
    assert [(await web.get(f"{page}&$top=1&$skip={skip}")).status_code for skip in range(3)] == [200, 500, 200]
    assert (await web.get(f"/messages/{items[1].id}")).status_code == 500
    tenant.knobs.unmovable = {items[1].internet_message_id}
    answer = await web.post(f"/messages/{items[1].id}/move", json={"destinationId": "archive"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "ErrorMoveCopyFailed")
    tenant.knobs.unmovable = set()
    assert (await web.post(f"/messages/{items[1].id}/move", json={"destinationId": "archive"})).status_code == 201


async def test_graph_that_is_down_does_not_answer(tenant: Tenant, web: httpx.AsyncClient) -> None:
    tenant.knobs.down = {"graph"}
    with pytest.raises(httpx.TransportError):
        await web.get(INBOX)
    tenant.knobs.down = set()
    assert (await web.get(INBOX)).status_code == 200


async def test_without_consent_graph_denies_access(tenant: Tenant, graph: GraphServiceClient) -> None:
    tenant.knobs.graph_roles = []
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    with pytest.raises(ODataError) as denied:
        await move(graph, item.id)
    assert denied.value.response_status_code == 403


async def test_another_process_turns_knobs_and_reads_counts_by_http(tenant: Tenant, web: httpx.AsyncClient) -> None:
    tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter(Message_ID="<1@a.example>").as_bytes())
    async with httpx.AsyncClient(base_url=f"{tenant.url}/box") as box:
        changed = await box.put("/knobs", json={"latency_ms": 5, "poison": ["<1@a.example>"], "quota": None})
        assert changed.status_code == 200
        assert tenant.knobs.poison == {"<1@a.example>"}
        assert (await box.get("/knobs")).json() == tenant.knobs.as_json() == changed.json()
        for wrong in ('{"no_such": 1}', "x", '{"faults": [{"match": "(", "action": "503"}]}', '{"faults": [{}]}', "[]"):
            assert (await box.put("/knobs", content=wrong)).status_code == 400
        await web.get(INBOX)
        state = (await box.get("/state")).json()
        assert state["requestsByMailbox"] == {LOGGING_MAILBOX: {"list": 1}}
        assert state["mailboxes"][LOGGING_MAILBOX]["Inbox"] == ["<1@a.example>"]
        secret = tenant.client_secret
        for command in ("reset", "rotate-secret", "revoke-tokens"):
            assert (await box.post(f"/{command}")).status_code == 204
        assert tenant.client_secret != secret
        assert (await box.get("/state")).json()["requests"] == {}
        assert (await web.get(INBOX)).status_code == 401
