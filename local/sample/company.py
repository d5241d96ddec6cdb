"""The sample company as the demo needs it: what to post to the API, and what to send by SMTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from local.sample.arriving import arrival
from local.sample.people import Directory, directory
from local.sample.stories import told


@dataclass(frozen=True)
class Company:
    """`salespeople` and `contacts` are bodies for POST /salespeople and POST /contacts, in an order that works."""

    name: str
    salespeople: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    people: Directory

    def mails(self, now: datetime) -> list[EmailMessage]:
        """The mails of the three weeks before `now` (aware), oldest first; always the same for one `now`.

        A mail with `X-Sample-Copies: 2` wants to be sent twice, and one with `Return-Path: <>` from the null sender.
        """
        return told(self.people, now)

    def arriving(self, now: datetime, n: int) -> EmailMessage:
        """The n-th mail (0, 1, 2, ...) that arrives while the demo runs, at `now` (aware). There is no last one."""
        return arrival(self.people, now, n)


def company(domain: str) -> Company:
    """The sample company with its mail in `domain`."""
    people = directory(domain)
    return Company(people.name, _salespeople(people), _contacts(people), people)


def _salespeople(people: Directory) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": person.name,
            "email": person.address,
            "alternativeAddresses": _alternatives(person.alternatives),
            "blocked": code in people.blocked,
        }
        for code, person in people.salespeople.items()
    ]


def _contacts(people: Directory) -> list[dict[str, Any]]:
    companies = {f"CT{number:06}": customer for number, customer in enumerate(people.customers, 1)}
    employed = [(no, customer, person) for no, customer in companies.items() for person in customer.people]
    found = [
        *((no, "Company", "", customer, customer.itself) for no, customer in companies.items()),
        *(
            (f"CT{number:06}", "Person", company_no, customer, person)
            for number, (company_no, customer, person) in enumerate(employed, len(companies) + 1)
        ),
    ]
    return [
        {
            "no": no,
            "type": kind,
            "name": person.name,
            "companyNo": company_no,
            "email": person.address,
            "alternativeAddresses": _alternatives(person.alternatives),
            "salespersonCode": customer.salesperson,
            "privacyBlocked": person.name in customer.privacy_blocked,
        }
        for no, kind, company_no, customer, person in found
    ]


def _alternatives(addresses: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "email": address} for code, address in addresses.items()]
