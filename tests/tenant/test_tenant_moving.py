import httpx
import pytest
from msgraph.graph_service_client import GraphServiceClient

from local.tenant import Tenant
from tests.tenant.letters import LOGGING_MAILBOX, letter, logged
from tests.tenant.sdk import move


async def test_the_sdk_moves_a_message_and_learns_its_new_id(tenant: Tenant, graph: GraphServiceClient) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    before = item.id
    moved = await move(graph, item.immutable_id)
    assert moved["id"] == item.id != before
    assert moved["parentFolderId"] == tenant.exchange.mailbox(LOGGING_MAILBOX).folders["Archive"].id
    assert logged(tenant, "Archive") == ["Fyrirspurn"]


async def test_a_second_move_by_the_old_id_is_not_found(tenant: Tenant, web: httpx.AsyncClient) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    path = f"/messages/{item.id}/move"
    assert (await web.post(path, json={"DestinationId": "Archive"})).status_code == 201
    answer = await web.post(path, json={"destinationid": "Archive"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorItemNotFound")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"destinationId": 1}', b'{"destinationId": "no-such-folder"}'])
async def test_a_move_to_nowhere_changes_nothing(tenant: Tenant, web: httpx.AsyncClient, body: bytes) -> None:
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    assert (await web.post(f"/messages/{item.id}/move", content=body)).status_code == 400
    assert logged(tenant) == ["Fyrirspurn"]


async def test_a_web_link_opens_until_the_message_moves(tenant: Tenant, web: httpx.AsyncClient) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    item = mailbox.put(letter("<b>bold</b>\n", Subject="<script>alert(1)</script>").as_bytes())
    link = (await web.get(f"/messages/{item.id}")).json()["webLink"]
    immutable = {"Prefer": 'IdType="ImmutableId"'}
    broken = (await web.get(f"/messages/{item.id}", headers=immutable)).json()["webLink"]
    async with httpx.AsyncClient() as browser:
        opened = await browser.get(link)
        assert opened.status_code == 200
        assert "&lt;script&gt;alert(1)" in opened.text
        assert "<script>" not in opened.text
        assert "Inbox in log@" in opened.text
        assert (await browser.get(broken)).status_code == 404
        mailbox.move(item, "Archive")
        gone = await browser.get(link)
        assert gone.status_code == 404
        assert "might have been moved or deleted" in gone.text
        fresh = (await web.get(f"/messages/{item.immutable_id}")).json()["webLink"]
        assert (await browser.get(fresh)).status_code == 200


async def test_delete_goes_to_deleted_items_and_permanent_delete_to_nowhere(
    tenant: Tenant, web: httpx.AsyncClient
) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    item = mailbox.put(letter().as_bytes())
    assert (await web.delete(f"/messages/{item.immutable_id}")).status_code == 204
    assert logged(tenant, "Deleted Items") == ["Fyrirspurn"]
    assert (await web.get(f"/messages/{item.immutable_id}")).status_code == 200
    assert (await web.post(f"/messages/{item.immutable_id}/permanentDelete")).status_code == 204
    assert (await web.get(f"/messages/{item.immutable_id}")).status_code == 404
    assert mailbox.with_message_id(item.internet_message_id) == []


async def test_folders_are_found_by_name_made_once_and_nested(tenant: Tenant, web: httpx.AsyncClient) -> None:
    made = await web.post("/mailFolders", json={"displayName": "Not logged"})
    assert made.status_code == 201
    assert (await web.post("/mailFolders", json={"displayName": "not LOGGED"})).status_code == 409
    found = (await web.get("/mailFolders?$filter=displayName eq 'Not logged'&$select=displayName")).json()["value"]
    assert found == [{"id": made.json()["id"], "displayName": "Not logged"}]
    inner = await web.post("/mailFolders/archive/childFolders", json={"displayName": "2026"})
    children = (await web.get("/mailFolders/archive/childFolders")).json()["value"]
    assert [child["id"] for child in children] == [inner.json()["id"]]
    item = tenant.exchange.mailbox(LOGGING_MAILBOX).put(letter().as_bytes())
    await web.post(f"/messages/{item.id}/move", json={"destinationId": inner.json()["id"]})
    assert logged(tenant, "Archive/2026") == ["Fyrirspurn"]
    folder = (await web.get(f"/mailFolders/{inner.json()['id']}")).json()
    assert (folder["totalItemCount"], folder["unreadItemCount"]) == (1, 1)
    assert folder["sizeInBytes"] > 0


async def test_folders_come_ten_at_a_time(tenant: Tenant, web: httpx.AsyncClient) -> None:
    mailbox = tenant.exchange.mailbox(LOGGING_MAILBOX)
    for number in range(9):
        mailbox.create_folder(f"Folder {number}")
    first = (await web.get("/mailFolders")).json()
    rest = (await web.get(first["@odata.nextLink"])).json()
    names = [folder["displayName"] for page in (first, rest) for folder in page["value"]]
    assert len(first["value"]) == 10
    assert sorted(names) == sorted(mailbox.folders)
