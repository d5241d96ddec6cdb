import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError, ServiceRequestError
from azure.identity.aio import ClientSecretCredential, ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

from local.tenant import Tenant
from tests.tenant.conftest import GRAPH_SCOPE


def credential_for(tenant: Tenant, **changed: str) -> ClientSecretCredential:
    given = {"tenant_id": tenant.tenant_id, "client_id": tenant.client_id, "client_secret": tenant.client_secret}
    return ClientSecretCredential(**(given | changed), authority=tenant.url, disable_instance_discovery=True)


async def test_the_secret_in_the_vault_signs_in_to_graph(tenant: Tenant) -> None:
    async with (
        ManagedIdentityCredential() as identity,
        SecretClient(tenant.url, identity, verify_challenge_resource=False) as vault,
    ):
        secret = await vault.get_secret("graph-client-secret")
        assert secret.properties.expires_on is not None
        assert secret.value is not None
        async with credential_for(tenant, client_secret=secret.value) as credential:
            token = await credential.get_token(GRAPH_SCOPE)
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["roles"] == ["Mail.ReadWrite"]
    assert claims["exp"] - claims["iat"] >= 3600


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": "00000000-0000-0000-0000-000000000001"}, "AADSTS700016"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000002"}, "AADSTS90002"),
    ],
)
async def test_a_wrong_sign_in_is_refused_with_the_code_of_entra(
    tenant: Tenant, changed: dict[str, str], code: str
) -> None:
    async with credential_for(tenant, **changed) as credential:
        with pytest.raises(ClientAuthenticationError, match=code):
            await credential.get_token(GRAPH_SCOPE)


async def test_after_a_rotation_the_vault_has_the_new_secret_and_entra_refuses_the_old_one(tenant: Tenant) -> None:
    old = tenant.client_secret
    new = tenant.rotate_secret()
    async with (
        ManagedIdentityCredential() as identity,
        SecretClient(tenant.url, identity, verify_challenge_resource=False) as vault,
    ):
        assert (await vault.get_secret("graph-client-secret")).value == new
        versions = await vault.get_secret("graph-client-secret", "")
        assert versions.properties.version
        with pytest.raises(ResourceNotFoundError):
            await vault.get_secret("another-secret")
    async with credential_for(tenant, client_secret=old) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            await credential.get_token(GRAPH_SCOPE)


async def test_a_vault_that_is_down_closes_the_connection(tenant: Tenant) -> None:
    tenant.knobs.down = {"vault"}
    async with (
        ManagedIdentityCredential() as identity,
        SecretClient(tenant.url, identity, verify_challenge_resource=False, retry_total=0) as vault,
    ):
        with pytest.raises(ServiceRequestError):
            await vault.get_secret("graph-client-secret")


async def test_a_token_for_graph_does_not_open_the_vault(tenant: Tenant, credential: ClientSecretCredential) -> None:
    token = await credential.get_token(GRAPH_SCOPE)
    async with httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {token.token}"}
        answer = await client.get(f"{tenant.url}/secrets/graph-client-secret", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer authorization=")


def test_a_persons_token_is_verified_by_the_published_key(tenant: Tenant) -> None:
    token = tenant.token(["EmailLogging.Read"], "Anna Björk", "anna@nordurljos.example")
    key = jwt.PyJWKClient(tenant.jwks_url).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key.key, ["RS256"], audience="api://email-logging", issuer=tenant.issuer)
    assert claims["name"] == "Anna Björk"
    assert claims["roles"] == ["EmailLogging.Read"]
    assert claims["preferred_username"] == "anna@nordurljos.example"
    again = jwt.decode(tenant.token([], "A", "ANNA@nordurljos.example"), options={"verify_signature": False})
    assert again["oid"] == claims["oid"]
