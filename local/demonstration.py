"""Makes a started system look lived-in: sets it up, adds the sample company's people, sends their mail."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import partial

from local.api import Api
from local.sample import Company
from local.send import send
from local.steps import Progress
from local.tenant import Tenant

PROCESS_WITHIN = 30
"""Seconds to wait for the sample mail to be logged; the timer does what is left."""


def set_up(api: Api, tenant: Tenant) -> None:
    """What an administrator does first: names the mailbox and the app registration, and enables logging."""
    setup = api.get("email-logging/setup")
    wish = {
        "mailboxes": [tenant.logging_mailbox],
        "clientId": tenant.client_id,
        "timeZone": "Atlantic/Reykjavik",
        "currency": "ISK",
    }
    api.put("email-logging/setup", setup | wish)
    api.post("email-logging/enable")


def add_people(api: Api, company: Company, progress: Progress) -> None:
    """Salespeople first, because contacts name theirs."""
    people = [("salespeople", body) for body in company.salespeople] + [("contacts", body) for body in company.contacts]
    for number, (resource, body) in enumerate(people, start=1):
        api.post(resource, body)
        progress(f"{number} of {len(people)}")


def send_mail(smtp: str, mail: EmailMessage) -> None:
    """By SMTP, as the person's own mail program would."""
    for _ in send(smtp, copies(mail)):
        pass


def send_history(tenant: Tenant, mails: list[EmailMessage], progress: Progress) -> None:
    """Each mail when its Date says: the tenant's clock is put back for it, so that it was received then, too."""
    present = tenant.knobs.clock
    raw = [(copy, parsedate_to_datetime(mail["Date"]).astimezone(UTC)) for mail in mails for copy in copies(mail)]

    def at_their_time() -> Iterator[bytes]:
        for copy, date in raw:
            tenant.knobs.clock = partial(_stopped_at, date)
            yield copy

    try:
        for sent in send(tenant.smtp, at_their_time()):
            progress(f"{sent.seen} of {len(raw)}")
    finally:
        tenant.knobs.clock = present


def _stopped_at(moment: datetime) -> datetime:
    return moment


def copies(mail: EmailMessage) -> Iterator[bytes]:
    """The mail as often as it wants to be sent (`X-Sample-Copies`)."""
    times = int(mail["X-Sample-Copies"] or 1)
    del mail["X-Sample-Copies"]
    for _ in range(times):
        yield mail.as_bytes(policy=policy.SMTP)


def log_now(api: Api, now: Callable[[], float] = time.monotonic) -> None:
    """Runs the job until the Inbox is empty, so that the first page has something to show."""
    deadline = now() + PROCESS_WITHIN
    while now() < deadline:
        run = api.post("email-logging/run")
        if not run["more"] and not run["alreadyRunning"]:
            return
        time.sleep(0.3)
