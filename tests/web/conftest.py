"""The app in the functions host, one for all tests here, and a client for each role.

Whoever changes what all share (the setup, enabled or not) puts it back.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.azurite import Azurite
from local.functions_process import sign_in_settings, start_functions
from local.processes import free_port
from local.sample import company
from local.sign_in_people import people_to_sign_in
from local.tenant import Tenant
from tests.conftest import DOMAIN, LOGGING_MAILBOX
from tests.jobs.company import ANNA, BEN, CARL, CARL_AT_HOME, DISA, letter
from tests.web.pipeline import OPPORTUNITIES, WISH, Make, a_cycle, a_stage

WITHIN = 60
"""Seconds that something may take at most."""


@dataclass(frozen=True)
class Running:
    """The running app, and the tenant that it uses."""

    tenant: Tenant
    web: str

    def client(self, *roles: str) -> httpx.Client:
        """A client that is signed in with these app roles; with none named, nobody is signed in."""
        headers = {}
        if roles:
            token = self.tenant.token([role for role in roles if role], "Test Person", f"test@{DOMAIN}")
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=self.web, headers=headers, trust_env=False, timeout=120)


@contextmanager
def running_app(azurite: Azurite, certificates: Path, folder: Path) -> Iterator[Running]:
    """Set up, with a few people, before any mail. Its log goes to the folder."""
    with Tenant(DOMAIN, LOGGING_MAILBOX, certificates) as tenant:
        port = free_port()
        people = people_to_sign_in(tenant, company(DOMAIN))
        settings = {"AzureWebJobsStorage": azurite.account()} | tenant.settings() | sign_in_settings(tenant, people)
        functions = start_functions(settings, port, folder / "functions.log", "required")
        try:
            running = Running(tenant, f"http://127.0.0.1:{port}")
            with running.client("EmailLogging.Admin") as admin:
                functions.wait_until(lambda: _answers(admin), seconds=WITHIN)
                _found_company(admin, tenant)
            yield running
        finally:
            functions.stop()


@pytest.fixture(scope="session")
def running(azurite: Azurite, certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app that the tests share."""
    with running_app(azurite, certificates, tmp_path_factory.mktemp("functions")) as running:
        yield running


@pytest.fixture
def admin(running: Running) -> Iterator[httpx.Client]:
    with running.client("EmailLogging.Admin") as client:
        yield client


@pytest.fixture
def sales(running: Running) -> Iterator[httpx.Client]:
    with running.client("EmailLogging.Sales") as client:
        yield client


@pytest.fixture
def reader(running: Running) -> Iterator[httpx.Client]:
    with running.client("EmailLogging.Read") as client:
        yield client


@pytest.fixture
def nobody(running: Running) -> Iterator[httpx.Client]:
    """Not signed in."""
    with running.client() as client:
        yield client


@pytest.fixture
def logged(running: Running, admin: httpx.Client) -> Callable[..., dict[str, object]]:
    """Puts a letter into the logging mailbox, has it handled, and gives its newest entry: `logged(ANNA, CARL, …)`."""

    def log(sender: str, *to: str, message_id: str, **more: Any) -> dict[str, object]:
        mailbox = running.tenant.exchange.mailbox(LOGGING_MAILBOX)
        mailbox.put(letter(sender, *to, message_id=message_id, **more))
        run_until_done(admin)
        entries = admin.get("/api/interactions", params={"top": 200}).json()["value"]
        return next(entry for entry in entries if entry["message"]["internetMessageId"] == message_id)

    return log


@pytest.fixture(scope="session")
def pipeline(running: Running) -> None:
    """A cycle of four stages, and codes to close with; a blocked salesperson and a privacy-blocked contact."""
    stages = (
        a_stage(1, completed=10, chancesOfSuccess=20, dateFormula="14D"),
        a_stage(2, completed=30, chancesOfSuccess=40, allowSkip=True),
        a_stage(3, completed=50, chancesOfSuccess=60, quoteRequired=True),
        a_stage(4, completed=90, chancesOfSuccess=80),
    )
    with running.client("EmailLogging.Admin") as admin:
        cycle = a_cycle("WORK", *stages, probabilityCalculation="Multiply")
        admin.post("/api/sales-cycles", json=cycle).raise_for_status()
        for code, kind in (("GOOD", "Won"), ("BAD", "Lost")):
            admin.post("/api/close-opportunity-codes", json={"code": code, "type": kind}).raise_for_status()
        admin.post("/api/salespeople", json={"code": "OUT", "name": "Olaf", "blocked": True}).raise_for_status()
        secret = {"no": "SECRET", "name": "Nemo", "privacyBlocked": True}
        admin.post("/api/contacts", json=secret).raise_for_status()


@pytest.fixture
def make(pipeline: None, sales: httpx.Client) -> Make:
    """The address of a new opportunity, after these actions: `make("First", "Next", estimatedValue=5)`."""

    def made(*actions: str, **wish: Any) -> str:
        no = sales.post(OPPORTUNITIES, json=WISH | wish).raise_for_status().json()["no"]
        for action in actions:
            sales.post(f"{OPPORTUNITIES}/{no}/stage", json={"action": action}).raise_for_status()
        return f"{OPPORTUNITIES}/{no}"

    return made


def run_until_done(admin: httpx.Client) -> None:
    """Has everything handled that waits, also where the timer is at it already."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        run = admin.post("/api/email-logging/run").raise_for_status().json()
        if not run["alreadyRunning"] and not run["more"]:
            return
    raise AssertionError("the mailbox was not drained in time")


def _answers(admin: httpx.Client) -> bool:
    try:
        return admin.get("/api/health").is_success
    except httpx.TransportError:
        return False


def _found_company(admin: httpx.Client, tenant: Tenant) -> None:
    setup = {"mailboxes": [LOGGING_MAILBOX], "clientId": tenant.client_id, "timeZone": "Atlantic/Reykjavik"}
    admin.put("/api/email-logging/setup", json=setup).raise_for_status()
    admin.post("/api/email-logging/enable").raise_for_status()
    for person in (
        {"code": "AK", "name": "Anna Karlsdóttir", "email": ANNA},
        {"code": "BW", "name": "Ben", "email": BEN},
    ):
        admin.post("/api/salespeople", json=person).raise_for_status()
    home = [{"code": "HOME", "email": CARL_AT_HOME}]
    for contact in (
        {"no": "CT000001", "type": "Company", "name": "Glen Corran Distillery"},
        {"no": "CT000002", "name": "Carl Munro", "companyNo": "CT000001", "email": CARL, "alternativeAddresses": home},
        {"no": "CT000003", "name": "Dísa Jónsdóttir", "email": DISA},
    ):
        admin.post("/api/contacts", json=contact).raise_for_status()
