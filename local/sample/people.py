"""Everybody the sample company knows, as people.toml names them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from email.headerregistry import Address
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("people.toml")


@dataclass(frozen=True)
class Person:
    """Somebody who writes mail; a company with an address of its own counts too. His mail is dated in `zone`."""

    name: str
    address: str
    title: str = ""
    company: str = ""
    alternatives: Mapping[str, str] = field(default_factory=dict)
    zone: timezone = UTC

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def signature(self) -> str:
        return "\n".join(line for line in (self.name, self.title, self.company) if line)


@dataclass(frozen=True)
class Customer:
    """A customer company, its people in the order of the file, and the code of the salesperson who looks after it."""

    itself: Person
    people: tuple[Person, ...]
    privacy_blocked: frozenset[str]
    salesperson: str
    language: str


@dataclass(frozen=True)
class Directory:
    """The organisation at `domain`: its salespeople by code, those of them who are blocked, and its customers."""

    name: str
    domain: str
    salespeople: Mapping[str, Person]
    blocked: frozenset[str]
    customers: tuple[Customer, ...]

    def everyone(self) -> dict[str, Person]:
        """All people and companies by name."""
        customers = [person for customer in self.customers for person in (customer.itself, *customer.people)]
        return {person.name: person for person in (*self.salespeople.values(), *customers)}

    def mailbox(self, written: str) -> tuple[Address, Person | None]:
        """The address that a story means, and whose it is.

        `Emma Whitfield` is her primary address, `Emma Whitfield [UK]` her alternative one; `Kevin <kevin@x.example>`
        is a stranger and `Afgreiðsla <afgreidsla@>` a colleague who is no salesperson. KeyError for an unknown name.
        """
        if literal := re.fullmatch(r"(.+) <(.+@)(.*)>", written):
            name, local_part, domain = literal.groups()
            return Address(name, addr_spec=local_part + (domain or self.domain)), None
        name, _, code = written.rstrip("]").partition(" [")
        person = self.everyone()[name]
        return Address(name, addr_spec=person.alternatives[code] if code else person.address), person


def directory(domain: str) -> Directory:
    """Read people.toml; the salespeople's addresses are in `domain`."""
    facts = tomllib.loads(FILE.read_text("utf-8"))
    salespeople = {entry["code"]: _person(entry, domain, facts["name"]) for entry in facts["salespeople"]}
    blocked = frozenset(entry["code"] for entry in facts["salespeople"] if entry.get("blocked"))
    return Directory(facts["name"], domain, salespeople, blocked, tuple(map(_customer, facts["companies"])))


def _customer(facts: Mapping[str, Any]) -> Customer:
    domain, zone = facts["domain"], timezone(timedelta(hours=facts.get("utc_offset", 0)))
    return Customer(
        itself=_person({key: facts.get(key, "") for key in ("name", "address")}, domain, "", zone),
        people=tuple(_person(entry, domain, facts["name"], zone) for entry in facts["people"]),
        privacy_blocked=frozenset(entry["name"] for entry in facts["people"] if entry.get("privacy_blocked")),
        salesperson=facts["salesperson"],
        language=facts["language"],
    )


def _person(facts: Mapping[str, Any], domain: str, company: str, zone: timezone = UTC) -> Person:
    def whole(address: str) -> str:
        return address if "@" in address or not address else f"{address}@{domain}"

    alternatives = {code: whole(address) for code, address in facts.get("alternatives", {}).items()}
    return Person(facts["name"], whole(facts["address"]), facts.get("title", ""), company, alternatives, zone)
