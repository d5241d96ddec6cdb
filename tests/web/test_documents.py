"""The API's description of itself, and Swagger UI from files that we serve."""

import re

import httpx
import pytest

PATHS = {
    "/api/interactions": {"get"},
    "/api/interactions/{id}": {"get", "patch"},
    "/api/interactions/{id}/comments": {"post"},
    "/api/interactions/{id}/message": {"get"},
    "/api/interactions/{id}/open": {"get"},
    "/api/interactions/{id}/opportunity": {"post", "put", "delete"},
    "/api/opportunities": {"get", "post"},
    "/api/opportunities/{no}": {"get", "patch", "delete"},
    "/api/opportunities/{no}/entries": {"get"},
    "/api/opportunities/{no}/comments": {"get"},
    "/api/opportunities/{no}/stage": {"post"},
    "/api/opportunities/{no}/close": {"post"},
    "/api/sales-cycles": {"get", "post"},
    "/api/sales-cycles/{code}": {"get", "put", "delete"},
    "/api/close-opportunity-codes": {"get", "post"},
    "/api/close-opportunity-codes/{code}": {"get", "delete"},
    "/api/contacts": {"get", "post"},
    "/api/contacts/{no}": {"get", "put", "delete"},
    "/api/contacts/import": {"post"},
    "/api/salespeople": {"get", "post"},
    "/api/salespeople/{code}": {"get", "put", "delete"},
    "/api/salespeople/import": {"post"},
    "/api/jobs/{id}": {"get"},
    "/api/email-logging/setup": {"get", "put"},
    "/api/email-logging/enable": {"post"},
    "/api/email-logging/disable": {"post"},
    "/api/email-logging/run": {"post"},
    "/api/email-logging/status": {"get"},
    "/api/email-logging/activity": {"get"},
    "/api/email-logging/messages": {"get"},
    "/api/email-logging/messages/{id}/retry": {"post"},
    "/api/email-logging/unmatched": {"get"},
    "/api/email-logging/read-archive": {"post"},
    "/api/never-log": {"get", "post"},
    "/api/never-log/{id}": {"delete"},
    "/api/health": {"get"},
    "/api/graph/notifications": {"post"},
    "/api/graph/lifecycle": {"post"},
}


def test_the_document_has_every_address_of_the_api_and_none_of_the_pages(reader: httpx.Client) -> None:
    document = reader.get("/api/openapi.json").json()
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS


def test_every_problem_that_is_described_is_a_problem_document(reader: httpx.Client) -> None:
    document = reader.get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, (path, method, status)


def test_every_reference_in_the_document_leads_somewhere(reader: httpx.Client) -> None:
    answer = reader.get("/api/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/([^"]+)"', answer.text):
        assert name in schemas


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
def test_the_documents_are_closed_to_strangers(nobody: httpx.Client, path: str) -> None:
    assert nobody.get(path).status_code == 401


def test_swagger_ui_comes_from_our_own_files(reader: httpx.Client) -> None:
    page = reader.get("/api/docs").text
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) == 4
    for file in files:
        assert file.startswith("/static/")
        assert reader.get(file).status_code == 200, file


def test_a_page_is_described_with_its_items(reader: httpx.Client) -> None:
    schemas = reader.get("/api/openapi.json").json()["components"]["schemas"]
    for name, items in (("InteractionPage", "InteractionShape"), ("ContactPage", "ContactShape")):
        assert schemas[name]["properties"]["value"]["items"] == {"$ref": f"#/components/schemas/{items}"}
        assert schemas[name]["required"] == ["value"]
