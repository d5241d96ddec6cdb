"""App Service Authentication, as the host plays it."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.functions_process import sign_in_settings
from local.sample import company
from local.sign_in_people import SignInPeople, people_to_sign_in
from local.tenant import Tenant
from tests.host.small_host import SmallHost

DOMAIN = "nordurljos.example"
APP = """
    import json
    import os

    @app.route(route="me")
    async def me(req: func.HttpRequest) -> func.HttpResponse:
        told = {name: value for name, value in req.headers.items() if name.startswith("x-ms-")}
        return func.HttpResponse(json.dumps(told | {"enabled": os.environ["WEBSITE_AUTH_ENABLED"]}))
"""


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    running = Tenant(DOMAIN, f"log@{DOMAIN}", tmp_path_factory.mktemp("certificates"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def people(tenant: Tenant) -> SignInPeople:
    return people_to_sign_in(tenant, company(DOMAIN))


def start(folder: Path, tenant: Tenant, people: SignInPeople, sign_in: str) -> SmallHost:
    environment = os.environ | tenant.settings() | sign_in_settings(tenant, people)
    return SmallHost.start(folder, APP, environment, sign_in=sign_in)


@pytest.fixture(scope="module")
def automatic(tmp_path_factory: pytest.TempPathFactory, tenant: Tenant, people: SignInPeople) -> Iterator[SmallHost]:
    host = start(tmp_path_factory.mktemp("auto"), tenant, people, "auto")
    yield host
    host.child.stop()


@pytest.fixture(scope="module")
def required(tmp_path_factory: pytest.TempPathFactory, tenant: Tenant, people: SignInPeople) -> Iterator[SmallHost]:
    host = start(tmp_path_factory.mktemp("required"), tenant, people, "required")
    yield host
    host.child.stop()


def me(host: SmallHost, **headers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: dict[str, str] = httpx.get(f"{host.url}/me", headers=named).raise_for_status().json()
    return answer


def principal(told: dict[str, str]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(told["x-ms-client-principal"]))
    return decoded


def test_without_a_token_the_administrator_is_signed_in(automatic: SmallHost) -> None:
    told = me(automatic)
    assert told["x-ms-client-principal-name"] == f"admin@{DOMAIN}"
    assert {"typ": "roles", "val": "EmailLogging.Admin"} in principal(told)["claims"]
    assert told["enabled"] == "True"


def test_without_a_token_nobody_is_signed_in_when_it_is_required(required: SmallHost) -> None:
    assert me(required) == {"enabled": "True"}


def test_headers_that_claim_an_identity_are_removed(required: SmallHost) -> None:
    forged = {
        "X_MS_CLIENT_PRINCIPAL": "forged",
        "x_ms_client_principal_id": "forged",
        "X_Ms_Client_Principal_Name": "forged",
        "X_MS_CLIENT_PRINCIPAL_IDP": "forged",
        "X_MS_TOKEN_AAD_ID_TOKEN": "forged",
    }
    assert me(required, **forged) == {"enabled": "True"}


def test_a_bearer_token_becomes_the_platforms_headers(required: SmallHost, people: SignInPeople) -> None:
    seller = people.salespeople[0]
    told = me(required, Authorization=f"Bearer {seller.token}", X_MS_CLIENT_PRINCIPAL_NAME="forged")
    assert told["x-ms-client-principal-name"] == seller.username
    assert told["x-ms-client-principal-idp"] == "aad"
    claims = {claim["typ"]: claim["val"] for claim in principal(told)["claims"]}
    assert claims["oid"] == told["x-ms-client-principal-id"]
    assert (claims["name"], claims["roles"]) == (seller.name, "EmailLogging.Sales")


def test_a_token_that_is_wrong_is_refused_by_the_platform(
    required: SmallHost, automatic: SmallHost, tenant: Tenant
) -> None:
    expired = tenant.token(["EmailLogging.Admin"], "Late", f"late@{DOMAIN}", lifetime_seconds=-600)
    good = tenant.token(["EmailLogging.Admin"], "Good", f"good@{DOMAIN}")
    for token in (expired, good[:-8] + "AAAAAAAA", "nonsense"):
        for host in (required, automatic):
            answer = httpx.get(f"{host.url}/me", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_a_person_signs_in_on_the_page_and_signs_out(required: SmallHost, people: SignInPeople) -> None:
    with httpx.Client(base_url=required.url, follow_redirects=True) as browser:
        page = browser.get("/.auth/login/aad", params={"post_login_redirect_uri": "/me?x=1"}).text
        for person in people.everyone():
            assert person.username in page
        seller = people.salespeople[1]
        choice = {"as": seller.username, "post_login_redirect_uri": "/me?x=1"}
        signed_in = browser.get("/.auth/login/aad", params=choice)
        assert signed_in.json()["x-ms-client-principal-name"] == seller.username
        assert browser.get("/.auth/me").json()[0]["user_id"] == seller.username
        cookie = signed_in.history[0].headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        browser.get("/.auth/logout", params={"post_logout_redirect_uri": "/me"})
        assert browser.get("/.auth/me").json() == []


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nX: y"])
def test_sign_in_leads_nowhere_else(required: SmallHost, people: SignInPeople, address: str) -> None:
    choice = {"as": people.reader.username, "post_login_redirect_uri": address}
    assert httpx.get(f"{required.url}/.auth/login/aad", params=choice).headers["location"] == "/"


def test_an_old_cookie_is_nobody(required: SmallHost) -> None:
    assert me(required, Cookie="AppServiceAuthSession=nonsense") == {"enabled": "True"}
