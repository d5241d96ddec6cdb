"""A log with so many of everything, one an hour, so that what two logs of different size show first is alike."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.jobs.ports import World
from shared.mail.decision import Decision
from shared.mail.ledger import LedgerRow
from shared.mail.message import Message
from shared.mail.message_key import digest, item_key
from shared.mail.outcome import Outcome
from shared.mail.runs import Activity
from shared.sales.background_job import BackgroundJob, JobError, JobState
from shared.sales.interaction import Interaction
from shared.sales.opportunity import Opportunity
from shared.sales.opportunity_history import History
from shared.sales.party import Contact, ContactType, Salesperson

NEWEST = datetime(2026, 11, 28, 23, tzinfo=UTC)
LOG = "log@nordurljos.example"
JOB = "job-1"


def at(number: int) -> datetime:
    """When the thing with this number happened: 0 is the newest."""
    return NEWEST - timedelta(hours=number)


def entry(number: int, **fields: object) -> Interaction:
    """An entry of Carl's with Anna; each second one has an opportunity."""
    usual: dict[str, object] = {
        "id": digest(f"mail {number}") + digest("pair", length=16),
        "occurred_at": at(number),
        "information_flow": "Inbound" if number % 2 else "Outbound",
        "kind": "Message",
        "contact_no": "CT000002",
        "company_no": "CT000001",
        "alternative_address_code": "",
        "salesperson_code": "AK",
        "subject": f"Lamp {number}",
        "internet_message_id": f"<{number}@letters.example>",
        "conversation_id": "talk",
        "has_attachments": False,
        "mailbox": LOG,
        "item_id": f"item {number}",
        "opportunity_no": "OP000001" if number % 2 else "",
    }
    return Interaction(**(usual | fields))  # type: ignore[arg-type]


def row(number: int, outcome: Outcome = Outcome.LOGGED) -> LedgerRow:
    """A plan for a message from Carl to Anna."""
    carl, anna, item = "carl@glencorran.example", "anna@nordurljos.example", f"item {number}"
    name, subject = f"<{number}@letters.example>", f"Lamp {number}"
    message = Message(LOG, item, name, "talk", subject, carl, carl, (anna,), (), at(number), at(number))
    return LedgerRow(item_key(LOG, item, at(number)), message, Decision(outcome, "Because."), at(number))


async def stock_up(world: World, count: int) -> None:
    """So many entries, ledger rows, contacts, salespeople and bad lines of a job; a fifth of what costs more."""
    numbers, some = range(count), range(count // 5 + 2)
    await world.interactions.write([entry(number) for number in numbers])
    rows = [row(number, Outcome.UNMATCHED if number % 2 else Outcome.LOGGED) for number in numbers]
    finished = await world.ledger.finish(await world.ledger.begin(rows))
    await world.ledger.publish(finished)
    await world.ledger.close(finished)
    contacts = [Contact(f"CT{n:06}", ContactType.PERSON, f"Contact {n}") for n in numbers]
    await world.directory.contacts.save_all(contacts, NEWEST)
    await world.directory.salespeople.save_all([Salesperson(f"SP{n:06}", f"Seller {n}") for n in numbers], NEWEST)
    for number in some:
        opportunity = Opportunity("", f"Lamps {number}", "CT000002", "CT000001", "AK", "STANDARD", at(number).date())
        await world.opportunities.add(History(opportunity))
    await asyncio.gather(
        *(
            world.runs.record(Activity(LOG, at(n), at(n), "1 message handled.", False, ((Outcome.LOGGED, 1),)))
            for n in some
        )
    )
    job = BackgroundJob(JOB, "ImportContacts", JobState.RUNNING, NEWEST, count)
    await world.background_jobs.add(job, b"No,Name\n" * count)
    await world.background_jobs.save(job, [JobError(n, "No name.") for n in numbers])
