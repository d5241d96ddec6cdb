"""Numbers and codes may have any letter in them, as in Business Central."""

from urllib.parse import quote

import httpx


def test_an_icelandic_number_has_an_address_and_stands_in_the_list(admin: httpx.Client) -> None:
    made = admin.post("/api/contacts", json={"no": "ÞÓR1", "name": "Þór hf.", "type": "Company"})
    try:
        assert made.status_code == 201
        assert made.headers["Location"].endswith(quote("/api/contacts/ÞÓR1"))
        assert admin.get(made.headers["Location"]).json()["name"] == "Þór hf."
        listed = admin.get("/api/contacts", params={"top": 200}).json()["value"]
        assert [contact["no"] for contact in listed][-1] == "ÞÓR1"
    finally:
        admin.delete(made.headers["Location"])


def test_a_number_needs_a_letter_or_a_digit(admin: httpx.Client) -> None:
    refused = admin.post("/api/contacts", json={"no": "..", "name": "Dots"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "no"


def test_enabling_honours_if_match(admin: httpx.Client) -> None:
    etag = admin.get("/api/email-logging/setup").json()["etag"]
    for action in ("enable", "disable"):
        assert admin.post(f"/api/email-logging/{action}", headers={"If-Match": '"stale"'}).status_code == 412
    assert admin.post("/api/email-logging/enable", headers={"If-Match": etag}).status_code == 200
