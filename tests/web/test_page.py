"""The interaction log as people see it, in Chromium."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.browser import chromium
from local.hosting.sign_in import COOKIE
from tests.conftest import DOMAIN, LOGGING_MAILBOX
from tests.jobs.company import ANNA, BEN, letter
from tests.web.conftest import Running, run_until_done
from tests.web.lists import everything_in

pytestmark = pytest.mark.browser

WEAVER, MILLER = "vala@weaving.example", "mylla@milling.example"
SUBJECTS = [f"Cloth, letter {number}" for number in range(7)]
HOSTILE_NAME = "<img src=x onerror=alert(1)> \u202egnihton \u2066" + "W" * 200
HOSTILE_SUBJECT = "</bdi></td><script>alert(1)</script> \u202etxt.exe " + "W" * 10_000
SIZES = [(1280, 800), (390, 844)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def letters(running: Running) -> Iterator[httpx.Client]:
    """Seven letters about cloth, by Anna and Ben in turn, and a hostile one; an administrator's client."""
    mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
    with running.client("EmailLogging.Admin") as client:
        for contact in (
            {"no": "WEAVER", "name": "Vala Vefari", "email": WEAVER},
            {"no": "MILLER", "name": HOSTILE_NAME, "email": MILLER},
        ):
            client.post("/api/contacts", json=contact).raise_for_status()
        for number, subject in enumerate(SUBJECTS):
            sent = datetime(2026, 9, 1 + number, 12, 30, tzinfo=UTC)
            sender = ANNA if number % 2 else BEN
            mailbox.put(letter(sender, WEAVER, message_id=f"<cloth-{number}@x.example>", subject=subject, sent=sent))
        mailbox.put(letter(ANNA, MILLER, message_id="<hostile@x.example>", subject=HOSTILE_SUBJECT))
        run_until_done(client)
        yield client


@contextmanager
def visit(
    browser: Browser, running: Running, role: str, address: str, size: tuple[int, int] = (1280, 800)
) -> Iterator[Page]:
    """A page of the app, seen by somebody with this role. Fails when the browser complains about anything."""
    token = running.tenant.token([f"EmailLogging.{role}"], "Test Person", f"test@{DOMAIN}")
    viewport = {"width": size[0], "height": size[1]}
    with browser.new_context(base_url=running.web, viewport=viewport, ignore_https_errors=True) as context:  # type: ignore[arg-type]
        context.add_cookies([{"name": COOKIE, "value": token, "url": running.web}])
        page = context.new_page()
        complaints: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                complaints.append(message.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"A dialog: {dialog.message}"))
        page.goto(address)
        yield page
        assert complaints == []


def subjects(page: Page) -> list[str]:
    return page.locator("td.subject bdi").all_inner_texts()


def test_the_entries_stand_newest_first_with_what_the_log_says(
    browser: Browser, running: Running, letters: httpx.Client
) -> None:
    with visit(browser, running, "Read", "/?top=200") as page:
        times = page.locator("td time").evaluate_all("times => times.map(time => time.dateTime)")
        row = page.get_by_role("row").filter(has_text=SUBJECTS[1])
        cells = row.get_by_role("cell").all_inner_texts()

    assert times == sorted(times, reverse=True)
    assert len(times) == len(everything_in(letters, "/api/interactions"))
    assert cells[:5] == ["2026-09-02 12:30", "→ Outbound", "Vala Vefari", "Anna Karlsdóttir", SUBJECTS[1]]


@pytest.mark.parametrize("contact", ["WEAVER", "weaver", WEAVER, f" {WEAVER.upper()} "])
def test_a_contact_is_found_by_number_or_address(
    browser: Browser, running: Running, letters: httpx.Client, contact: str
) -> None:
    with visit(browser, running, "Read", "/") as page:
        page.get_by_label("Contact").fill(contact)
        page.get_by_label("Contact").press("Enter")

        expect(page.locator("td.subject")).to_have_count(len(SUBJECTS))
        assert subjects(page) == SUBJECTS[::-1]


def test_an_unknown_contact_is_told_at_the_field(browser: Browser, running: Running, letters: httpx.Client) -> None:
    with visit(browser, running, "Read", "/") as page:
        page.get_by_label("Contact").fill("nobody@nowhere.example")
        # A fetch, for a browser complains in its console of every page with an error status.
        answer = page.request.get("/?contact=nobody@nowhere.example")
        assert answer.status == 422
        page.set_content(answer.text())

        field = page.get_by_label("Contact")
        expect(field).to_have_value("nobody@nowhere.example")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("There is no contact «nobody@nowhere.example»"))
        expect(page.get_by_role("alert")).to_have_count(1)
        assert subjects(page) == []


def test_contact_and_salesperson_filter_together_and_show_all_lets_go(
    browser: Browser, running: Running, letters: httpx.Client
) -> None:
    with visit(browser, running, "Read", "/?contact=WEAVER") as page:
        page.get_by_label("Salesperson").select_option(label="Ben")
        page.get_by_role("button", name="Filter").click()
        expect(page.locator("td.subject")).to_have_count(4)
        assert subjects(page) == SUBJECTS[::-2]
        expect(page.get_by_label("Salesperson")).to_have_value("BW")

        page.get_by_role("link", name="Show all").click()
        expect(page).to_have_url(f"{running.web}/")
        expect(page.get_by_label("Contact")).to_have_value("")


def test_older_entries_lead_through_all_of_them(browser: Browser, running: Running, letters: httpx.Client) -> None:
    with visit(browser, running, "Read", "/?contact=WEAVER&top=3") as page:
        found = [subjects(page)]
        while (older := page.get_by_role("link", name="Older entries")).count():
            older.click()
            page.wait_for_load_state()
            found.append(subjects(page))

    assert found == [SUBJECTS[:3:-1], SUBJECTS[3:0:-1], SUBJECTS[:1]]


@pytest.mark.parametrize(("subject", "by_keyboard"), [(SUBJECTS[2], False), (SUBJECTS[4], True)])
def test_an_opportunity_is_created_and_the_list_stays_as_it_was(
    browser: Browser, running: Running, letters: httpx.Client, subject: str, by_keyboard: bool
) -> None:
    with visit(browser, running, "Sales", "/?contact=WEAVER&salesperson=BW") as page:
        button = page.get_by_role("button", name=f"Create opportunity from «{subject}»")
        if by_keyboard:
            button.focus()
            page.keyboard.press("Enter")
        else:
            button.click()
        told = page.get_by_role("status")
        expect(told).to_have_text(re.compile(r"^Opportunity OP\d{6} was created\.$"))
        number = told.inner_text().split()[1]

        row = page.get_by_role("row").filter(has_text=subject)
        expect(row).to_contain_text(number)
        expect(row.get_by_role("button")).to_have_count(0)
        expect(page.get_by_label("Contact")).to_have_value("WEAVER")
        expect(page.get_by_label("Salesperson")).to_have_value("BW")

    opportunity = letters.get(f"/api/opportunities/{number}").raise_for_status().json()
    assert (opportunity["description"], opportunity["contactNo"], opportunity["salespersonCode"]) == (
        subject,
        "WEAVER",
        "BW",
    )


def test_a_reader_is_offered_no_opportunity(browser: Browser, running: Running, letters: httpx.Client) -> None:
    with visit(browser, running, "Read", "/?contact=WEAVER") as page:
        assert subjects(page) == SUBJECTS[::-1]
        expect(page.get_by_role("button", name="Create opportunity")).to_have_count(0)


def test_the_message_opens_in_outlook_in_a_new_tab(browser: Browser, running: Running, letters: httpx.Client) -> None:
    with visit(browser, running, "Read", "/?contact=WEAVER") as page:
        with page.expect_popup() as opened:
            page.get_by_role("link", name=f"Open message «{SUBJECTS[3]}»").click()

        outlook = opened.value
        expect(outlook.get_by_role("heading", name=SUBJECTS[3])).to_be_visible()
        assert outlook.url.startswith(running.tenant.url)
        assert outlook.evaluate("window.opener") is None
        expect(page).to_have_url(re.compile("contact=WEAVER"))


@pytest.mark.parametrize("size", SIZES)
def test_hostile_text_is_text_and_breaks_no_layout(
    browser: Browser, running: Running, letters: httpx.Client, size: tuple[int, int]
) -> None:
    entry = everything_in(letters, "/api/interactions", contactNo="MILLER")[0]
    with visit(browser, running, "Sales", "/?contact=MILLER", size) as page:
        row = page.get_by_role("row").filter(has_text="txt.exe")
        cells = row.locator("bdi")
        assert cells.nth(0).text_content() == HOSTILE_NAME
        assert row.locator("td.subject bdi").text_content() == entry["description"] == HOSTILE_SUBJECT[:100]
        expect(page.locator("td script, td img")).to_have_count(0)
        width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= room == size[0]
        for way in (row.get_by_role("link", name="Open message"), row.get_by_role("button")):
            way.scroll_into_view_if_needed()
            expect(way).to_be_in_viewport(ratio=1)
        page.goto("/?top=200")
        width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= room


def test_swagger_ui_shows_the_api_from_our_own_files(browser: Browser, running: Running) -> None:
    with visit(browser, running, "Read", "/") as page:
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.get_by_role("navigation").get_by_role("link", name="API").click()

        expect(page.locator(".opblock-summary").first).to_be_visible()
        assert page.locator(".opblock-summary").count() >= 30
        page.locator("#operations-Interactions-list_interactions_api_interactions_get button").first.click()
        expect(page.get_by_text("contactNo", exact=True).first).to_be_visible()

    assert asked <= {urlsplit(running.web).netloc, ""}  # "": pictures that stand in the style sheet


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(browser: Browser, running: Running) -> None:
    with browser.new_context(base_url=running.web) as context:
        page = context.new_page()
        answer = page.goto("/")
        assert answer is not None
        assert (answer.status, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
        page.get_by_role("link", name="Sign in").click()
        page.get_by_role("link", name="Administrator").click()

        expect(page).to_have_url(f"{running.web}/")
        expect(page.get_by_role("heading", name="Interaction log")).to_be_visible()
        expect(page.get_by_text("Administrator")).to_be_visible()


def test_an_error_is_a_page_that_leads_back(browser: Browser, running: Running) -> None:
    with browser.new_context(base_url=running.web) as context:
        token = running.tenant.token(["EmailLogging.Read"], "Test Person", f"test@{DOMAIN}")
        context.add_cookies([{"name": COOKIE, "value": token, "url": running.web}])
        page = context.new_page()
        answer = page.goto("/nowhere")
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", name="Not Found")).to_be_visible()

        page.get_by_role("link", name="Back to the interaction log").click()
        expect(page).to_have_url(f"{running.web}/")
