"""The people of a benchmark, and the letters they write: each letter makes one entry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from local.sample import Company
from shared.sales.party import Contact, ContactType, Salesperson
from shared.settings import read_settings
from shared.web.api.contacts import NewContact
from shared.web.api.salespeople import NewSalesperson
from shared.wiring import Wiring

SALESPEOPLE = 5
CONTACTS = 200
COMPANIES = 40
_BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def letters(count: int, run: str) -> Iterator[bytes]:
    """Letters in both directions, every third in a conversation of its own; `run` keeps runs apart."""
    for number in range(count):
        salesperson, contact = f"s{number % SALESPEOPLE}@nordurljos.example", f"c{number % CONTACTS}@customer.example"
        mail = EmailMessage()
        mail["From"], mail["To"] = (salesperson, contact) if number % 2 else (contact, salesperson)
        mail["Subject"] = f"Lamp {number // 3}"
        mail["Message-ID"] = f"<{run}.{number}@letters.example>"
        mail["Date"] = format_datetime(_BEGAN + timedelta(minutes=number))
        mail.set_content("Good day.\n\nRegards\n")
        yield mail.as_bytes()


def _contact(number: int) -> str:
    return f"c{number}@customer.example"


async def settle_in(environment: dict[str, str], sample: Company | None = None) -> None:
    """Writes the people into the directory: the benchmark's own, or those of the sample company."""
    wiring = Wiring(read_settings(environment))
    now = datetime.now(UTC)
    directory = wiring.world.directory
    salespeople, contacts = _of_sample(sample) if sample else _invented()
    await directory.salespeople.save_all(salespeople, now)
    await directory.contacts.save_all(contacts, now)
    await wiring.close()


def _invented() -> tuple[list[Salesperson], list[Contact]]:
    salespeople = [Salesperson(f"S{n}", f"Salesperson {n}", f"s{n}@nordurljos.example") for n in range(SALESPEOPLE)]
    companies = [Contact(f"CT{n:06}", ContactType.COMPANY, f"Company {n}") for n in range(COMPANIES)]
    persons = [
        Contact(f"CT{n + 1000:06}", ContactType.PERSON, f"Person {n}", f"CT{n % COMPANIES:06}", _contact(n))
        for n in range(CONTACTS)
    ]
    return salespeople, companies + persons


def _of_sample(sample: Company) -> tuple[list[Salesperson], list[Contact]]:
    salespeople = [NewSalesperson.model_validate(body) for body in sample.salespeople]
    contacts = [NewContact.model_validate(body) for body in sample.contacts]
    return [one.noun(one.code) for one in salespeople], [one.noun(one.no) for one in contacts]
