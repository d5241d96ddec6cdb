"""Who may do what: every route of the app, for everybody, and what nobody can pretend."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from local.tenant import Tenant
from shared.settings import read_settings
from shared.web.app import create_app
from tests.conftest import DOMAIN
from tests.web.conftest import Running

SETTINGS = read_settings(
    {"AzureWebJobsStorage": "unused", "ENTRA_TENANT_ID": "unused", "KEY_VAULT_URL": "https://unused.example"}
)
VISITORS: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "without a role": ("",),
    "Read": ("EmailLogging.Read",),
    "Sales": ("EmailLogging.Sales",),
    "Admin": ("EmailLogging.Admin",),
}
ROLES = [*VISITORS]
FOR_ADMINISTRATORS = {("GET", "/api/email-logging/setup"), ("GET", "/api/email-logging/activity")}
OF_SALES = ("/api/interactions", "/api/opportunities", "/api/contacts", "/interactions")
"""Where Sales may write. Everywhere else only Admin may."""


def no_world() -> NoReturn:
    raise AssertionError("storage was asked")


def routes() -> list[tuple[str, str]]:
    """Method and path of every route that the app has, and of a file beside it."""
    found = [
        (method, route.path)
        for route in iter_route_contexts(create_app(SETTINGS, no_world).routes)
        for method in route.methods or ["GET"]
        if route.path
    ]
    return sorted((method, path.replace("/static", "/static/icon.svg")) for method, path in found)


def needed(method: str, path: str) -> str:
    """The first of `ROLES` that is let in."""
    if path == "/api/health":
        return "nobody"
    if path.startswith("/static"):
        return "without a role"
    if method == "GET":
        return "Admin" if (method, path) in FOR_ADMINISTRATORS else "Read"
    return "Sales" if path.startswith(OF_SALES) else "Admin"


@pytest.fixture(scope="module")
def visitors(running: Running) -> Iterator[dict[str, httpx.Client]]:
    clients = {name: running.client(*roles) for name, roles in VISITORS.items()}
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize(("method", "path"), routes())
def test_a_route_lets_in_who_may_and_nobody_else(visitors: dict[str, httpx.Client], method: str, path: str) -> None:
    # Who may write is told that this is no media type of ours, so that nothing happens.
    body = None if method == "GET" else b"x"
    address = path.replace("{", "").replace("}", "")

    answers = {
        name: client.request(method, address, content=body, headers={"Content-Type": "application/x-unknown"})
        for name, client in visitors.items()
    }

    may = ROLES.index(needed(method, path))
    statuses = {name: answer.status_code for name, answer in answers.items()}
    refused = {name: 401 if name == "nobody" else 403 for name in ROLES[:may]}
    assert {name: statuses[name] for name in ROLES[:may]} == refused
    for name in ROLES[may:]:
        assert statuses[name] in ({200, 404, 422} if method == "GET" else {415}), name
    for name in refused:
        assert answers[name].headers["Content-Type"] == "application/problem+json"
        assert set(answers[name].json()) == {"type", "title", "status", "detail"}


def test_the_table_is_of_the_whole_app() -> None:
    found = routes()

    assert len(found) == len(set(found)) >= 39
    for known in (("GET", "/"), ("POST", "/api/contacts/import"), ("PUT", "/api/email-logging/setup")):
        assert known in found
    assert {method for method, _ in found} <= {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_a_refusal_comes_before_anything_of_the_request_is_read(reader: httpx.Client, nobody: httpx.Client) -> None:
    """The order of refusal: 401, 403, then bad input, unknown ids and conflicts."""
    for method, address in (
        ("POST", "/api/contacts?unknown=1"),
        ("PUT", "/api/contacts/NOBODY-HAS-THIS"),
        ("DELETE", "/api/contacts/CT000001"),
        ("POST", "/api/interactions/%00/opportunity"),
    ):
        for client, status in ((nobody, 401), (reader, 403)):
            asked = client.request(method, address, content=b"{not json", headers={"Content-Type": "application/json"})
            assert asked.status_code == status, address


def principal(*roles: str) -> dict[str, str]:
    """The header that App Service writes, written by somebody else."""
    claims = [{"typ": "roles", "val": role} for role in roles] + [{"typ": "name", "val": "Mallory"}]
    document = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": "roles"}
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(document).encode()).decode()}


@pytest.mark.parametrize("name", ["X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal"])
def test_a_forged_principal_is_taken_away_by_the_platform(
    nobody: httpx.Client, reader: httpx.Client, name: str
) -> None:
    forged = {name: principal("EmailLogging.Admin")["X-MS-CLIENT-PRINCIPAL"]}

    assert nobody.get("/api/email-logging/setup", headers=forged).status_code == 401
    assert reader.get("/api/email-logging/setup", headers=forged).status_code == 403
    assert "Mallory" not in reader.get("/", headers=forged).text


async def test_without_app_service_authentication_nobody_believes_the_header() -> None:
    app = create_app(SETTINGS, no_world)
    assert not SETTINGS.trusts_principal_header

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.example") as client:
        for address in ("/api/contacts", "/api/email-logging/setup", "/", "/static/icon.svg", "/api/docs"):
            answer = await client.get(address, headers=principal("EmailLogging.Admin"))
            assert answer.status_code == 401, address


@pytest.mark.parametrize(
    "header",
    ["", "e30=", "bm8ganNvbg==", "%%%", "bnVsbA==", "W10=", "eyJjbGFpbXMiOiAxfQ==", "eyJjbGFpbXMiOiBbMV19"],
)
async def test_a_header_that_is_no_principal_is_nobody(header: str) -> None:
    app = create_app(
        read_settings(
            {
                "AzureWebJobsStorage": "unused",
                "ENTRA_TENANT_ID": "unused",
                "KEY_VAULT_URL": "https://unused.example",
                "WEBSITE_AUTH_ENABLED": "True",
            }
        ),
        no_world,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.example") as client:
        answer = await client.get("/api/contacts", headers={"X-MS-CLIENT-PRINCIPAL": header})

    # A principal without any claim is somebody who has no role.
    assert answer.status_code == 401


def test_a_token_that_does_not_hold_is_401_everywhere(running: Running) -> None:
    good = running.tenant.token(["EmailLogging.Admin"], "Test Person", f"test@{DOMAIN}")
    header, payload, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    changed = "A" if signature[10] != "A" else "B"
    with running.client() as client:
        for name, token in {
            "nonsense": "nonsense",
            "expired": running.tenant.token(["EmailLogging.Admin"], "Late", f"late@{DOMAIN}", lifetime_seconds=-60),
            "unsigned": f"{unsigned}.{payload}.",
            "changed": f"{header}.{payload}.{signature[:10]}{changed}{signature[11:]}",
        }.items():
            for address in ("/api/contacts", "/"):
                answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == 401, name


def test_a_token_of_another_tenant_is_401(nobody: httpx.Client, certificates: Path) -> None:
    with Tenant("elsewhere.example", "log@elsewhere.example", certificates) as other:
        token = other.token(["EmailLogging.Admin"], "Somebody Else", "somebody@elsewhere.example")

        assert nobody.get("/api/contacts", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_page_of_another_site_cannot_act_in_our_users_name(admin: httpx.Client, site: str) -> None:
    """The page may lead people here, as a link in a mail does, but not make their browser send anything."""
    before = admin.get("/api/email-logging/setup").json()
    from_there = {"Sec-Fetch-Site": site}

    for address in ("/api/email-logging/disable", "/api/email-logging/run", f"/interactions/{'0' * 56}/opportunity"):
        answer = admin.post(address, headers=from_there)
        assert (answer.status_code, answer.json()["detail"]) == (403, "Requests from other sites are refused.")
    assert admin.get("/", headers=from_there).status_code == 200
    assert admin.get("/api/email-logging/setup").json() == before


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_people_themselves_may(admin: httpx.Client, site: str) -> None:
    assert admin.post("/api/email-logging/enable", headers={"Sec-Fetch-Site": site}).status_code == 200


def test_every_answer_tells_the_browser_what_it_may_do_with_it(reader: httpx.Client, nobody: httpx.Client) -> None:
    for answer in (
        reader.get("/"),
        reader.get("/api/contacts"),
        nobody.get("/api/contacts"),
        nobody.get("/api/health"),
    ):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
