"""The people of a benchmark, and the letters they write: each letter makes one entry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from shared.sales.party import Contact, ContactType, Salesperson
from shared.settings import read_settings
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


async def settle_in(environment: dict[str, str]) -> None:
    """Writes the people into the directory."""
    wiring = Wiring(read_settings(environment))
    now = datetime.now(UTC)
    directory = wiring.world.directory
    people = [Salesperson(f"S{n}", f"Salesperson {n}", f"s{n}@nordurljos.example") for n in range(SALESPEOPLE)]
    companies = [Contact(f"CT{n:06}", ContactType.COMPANY, f"Company {n}") for n in range(COMPANIES)]
    persons = [
        Contact(
            f"CT{n + 1000:06}", ContactType.PERSON, f"Person {n}", f"CT{n % COMPANIES:06}", f"c{n}@customer.example"
        )
        for n in range(CONTACTS)
    ]
    await directory.salespeople.save_all(people, now)
    await directory.contacts.save_all(companies + persons, now)
    await wiring.close()
