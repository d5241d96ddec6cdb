"""The settings that the app reads are the settings that people are told of."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from shared.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parent.parent
GIVEN = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "ENTRA_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "KEY_VAULT_URL": "https://vault.example",
}
KNOWN = {one.metadata["name"]: one.metadata for one in fields(Settings)}
PLATFORM = {"FUNCTIONS_WORKER_RUNTIME"}
"""Settings of the Functions host that the app itself does not read."""


def test_the_sample_file_has_every_setting() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())
    assert sample["IsEncrypted"] is False
    assert set(sample["Values"]) == set(KNOWN) | PLATFORM
    for name, metadata in KNOWN.items():
        if metadata["default"] is not None and name != "AzureWebJobsStorage":
            assert sample["Values"][name] == metadata["default"], name
    read_settings(sample["Values"])


def test_the_readme_has_every_setting() -> None:
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")
    ]
    assert {name.strip("`"): text for name, _, text in rows} == {n: m["help"] for n, m in KNOWN.items()}
    for name, default, _ in rows:
        expected = KNOWN[name.strip("`")]["default"]
        assert default == ("*must be given*" if expected is None else f"`{expected}`" if expected else "*empty*"), name


@pytest.mark.parametrize("name", ["ENTRA_TENANT_ID", "KEY_VAULT_URL"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({**GIVEN, name: ""})


@pytest.mark.parametrize(
    "name", ["KEY_VAULT_URL", "GRAPH_URL", "ENTRA_AUTHORITY", "AzureWebJobsStorage__tableServiceUri"]
)
@pytest.mark.parametrize("value", ["http://secret.example", "secret", "https://"])
def test_an_address_must_be_https_and_its_value_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as raised:
        read_settings({**GIVEN, name: value})
    assert "secret" not in str(raised.value)


def test_a_storage_account_must_be_named() -> None:
    with pytest.raises(SettingsError, match="AzureWebJobsStorage__tableServiceUri"):
        read_settings({**GIVEN, "AzureWebJobsStorage": ""})
    urls = {f"AzureWebJobsStorage__{kind}ServiceUri": "https://storage.example" for kind in ("table", "queue")}
    assert read_settings({**GIVEN, **urls, "AzureWebJobsStorage": ""}).storage_connection == ""


@pytest.mark.parametrize(
    ("value", "trusted"), [("True", True), ("true", True), ("False", False), ("", False), ("1", False)]
)
def test_the_principal_header_is_believed_only_when_the_platform_says_so(value: str, trusted: bool) -> None:
    assert read_settings({**GIVEN, "WEBSITE_AUTH_ENABLED": value}).trusts_principal_header is trusted


@pytest.mark.parametrize(
    ("host", "url"), [("app.example", "https://app.example"), ("127.0.0.1:7071", "http://127.0.0.1:7071")]
)
def test_graph_is_told_where_the_app_is(host: str, url: str) -> None:
    assert read_settings({**GIVEN, "WEBSITE_HOSTNAME": host}).public_url == url
