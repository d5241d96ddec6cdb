"""The mail that keeps coming while the demo runs: two exchanges at a time, one Icelandic and one English, for ever."""

import tomllib
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

from local.sample.letter import letter
from local.sample.people import Directory

FILE = Path(__file__).with_name("arriving.toml")
LANGUAGES = ("is", "en")


def arrival(people: Directory, now: datetime, number: int) -> EmailMessage:
    """The mail `number` (0, 1, 2, ...), sent at `now` (aware). Who writes about what depends on the number alone;
    its Message-ID on the number and the day, so that an answer, made later, knows what it answers."""
    language, turn = LANGUAGES[number % 2], number // 2
    script = tomllib.loads(FILE.read_text("utf-8"))
    exchanges = script[language]
    lap, position = divmod(turn, sum(len(exchange["mails"]) for exchange in exchanges))
    chosen, step = [(exchange, step) for exchange in exchanges for step in range(len(exchange["mails"]))][position]
    thread = f"{language}/{lap}/{exchanges.index(chosen)}"

    random = Random(thread)
    customer = random.choice([customer for customer in people.customers if customer.language == language])
    them = random.choice([person for person in customer.people if person.name not in customer.privacy_blocked])
    us = people.salespeople[customer.salesperson]
    words = _words(random, language, script["products"][language]) | {"them": them.first_name, "us": us.first_name}

    mails: list[EmailMessage] = []
    for part, mail in enumerate(chosen["mails"][: step + 1]):
        writer, reader = (them, us) if mail["from"] == "them" else (us, them)
        facts: dict[str, Any] = {"from": writer.name, "to": [reader.name], "text": mail["text"].format(**words)}
        if not mails:
            facts["subject"] = chosen["subject"].format(**words)
        key = f"arriving/{thread}/{part}/{now.astimezone(UTC).date()}"
        mails.append(letter(facts, people, now, key, mails[-1] if mails else None))
    return mails[-1]


def _words(random: Random, language: str, products: list[str]) -> dict[str, object]:
    quantity = random.randrange(12, 121, 4)
    price = quantity * (random.randrange(14_000, 48_000, 500) if language == "is" else random.randrange(90, 320, 5))
    return {
        "product": random.choice(products),
        "quantity": quantity,
        "price": f"{price:,}".replace(",", "." if language == "is" else ","),
        "weeks": random.randrange(2, 9),
        "order": random.randrange(8_900, 9_900),
    }
