"""A logging mailbox with mail of every kind, mixed by a seed. It can be put again, and then has the same ids."""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from local.tenant import Tenant
from shared.mail.outcome import Outcome
from shared.sales.party import Contact, ContactType
from tests.jobs.company import ANNA, BEN, CARL, DISA, SENT, STRANGER, letter

NEWCOMER = Contact("CT000010", ContactType.PERSON, "Nína Newcomer", email="nina@newcomer.example")
"""She is added after her first mails were held: the run logs them."""
FRIEND = "friend@elsewhere.example"
HELD_BEFORE, UNMOVABLE, UNREADABLE, IN_ARCHIVE = "held before", "unmovable", "unreadable", "in Archive"
FORGED, FROM_NOBODY = "with a forged Message-ID", "from nobody"
EARLIER = {HELD_BEFORE, UNMOVABLE, UNREADABLE}
"""Kinds with which earlier runs have had to do: one was held, two have failed four times."""
KINDS = {
    HELD_BEFORE: Outcome.LOGGED,
    UNMOVABLE: Outcome.FAILED,
    UNREADABLE: Outcome.FAILED,
    "to two contacts": Outcome.LOGGED,
    "from a contact": Outcome.LOGGED,
    "to two salespeople": Outcome.LOGGED,
    "the same again": Outcome.DUPLICATE,
    FORGED: Outcome.LOGGED,
    "between strangers": Outcome.UNMATCHED,
    "a newsletter": Outcome.AUTOMATIC,
    "private": Outcome.EXCLUDED,
    FROM_NOBODY: Outcome.NO_SENDER,
    "to nobody": Outcome.NO_RECIPIENTS,
    "a draft": Outcome.DRAFT,
    IN_ARCHIVE: Outcome.LOGGED,
}
_EVERY = timedelta(minutes=20)
_FOLDERS = {Outcome.LOGGED: "Archive", Outcome.FAILED: "Failed"}


@dataclass(frozen=True)
class Letter:
    """A mail, and how it came into the mailbox."""

    kind: str
    message_id: str
    raw: bytes
    received_at: datetime


def mails(kinds: Collection[str], rounds: int, seed: int) -> list[Letter]:
    """So many of each kind, one every twenty minutes, mixed by the seed. Those of EARLIER come first."""
    wanted = list(product(range(rounds), kinds))
    random.Random(seed).shuffle(wanted)
    letters = [_letter(kind, number, SENT + place * _EVERY) for place, (number, kind) in enumerate(wanted)]
    return sorted(letters, key=lambda one: (one.kind not in EARLIER, one.received_at))


def put(tenant: Tenant, letters: Sequence[Letter], *, earlier: bool = False) -> None:
    """A new logging mailbox with these letters: as the run finds it, or as earlier runs have found it."""
    tenant.exchange.mailboxes.pop(tenant.logging_mailbox, None)
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    items = {
        one: mailbox.put(
            one.raw,
            "Archive" if one.kind == IN_ARCHIVE else "Inbox",
            is_draft=one.kind == "a draft",
            received_at=one.received_at,
        )
        for one in letters
        if one.kind in EARLIER or not earlier
    }
    if not earlier:
        mailbox.create_folder("Not logged")  # after the letters: ids are given out in the order of making
        for one, item in items.items():
            if one.kind == HELD_BEFORE:
                mailbox.move(item, "Not logged")
    tenant.knobs.unmovable = {one.message_id for one in letters if one.kind == UNMOVABLE}
    tenant.knobs.poison = {one.message_id for one in letters if one.kind == UNREADABLE}


def outcomes_of(letters: Sequence[Letter]) -> Counter[Outcome]:
    """What the run is to make of them, counted as it counts: what was held is held no more."""
    expected = Counter(KINDS[one.kind] for one in letters)
    expected[Outcome.UNMATCHED] -= sum(one.kind == HELD_BEFORE for one in letters)
    return expected


def places(tenant: Tenant) -> dict[str, list[str]]:
    """Internet Message-IDs by folder; empty folders are left out."""
    mailbox = tenant.exchange.mailbox(tenant.logging_mailbox)
    found = {name: [item.internet_message_id for item in mailbox.messages(name)] for name in mailbox.folders}
    return {name: inside for name, inside in found.items() if inside}


def places_of(letters: Sequence[Letter]) -> Counter[str]:
    """How many are to be in which folder. One that cannot be moved stays."""
    return Counter("Inbox" if one.kind == UNMOVABLE else _FOLDERS.get(KINDS[one.kind], "Not logged") for one in letters)


_PEOPLE = {
    HELD_BEFORE: (NEWCOMER.email, ANNA),
    "to two contacts": (ANNA, CARL, DISA),
    "the same again": (ANNA, CARL, DISA),
    "to two salespeople": (CARL, ANNA, BEN),
    "between strangers": (STRANGER, FRIEND),
    FROM_NOBODY: ("", ANNA),
    "to nobody": (ANNA,),
}
"""Sender and recipients, where they are not Carl and Anna."""
_HEADERS = {
    "a newsletter": {"list_unsubscribe": "<https://glencorran.example/out>"},
    "private": {"sensitivity": "Private"},
}


def _letter(kind: str, number: int, at: datetime) -> Letter:
    sender, *to = _PEOPLE.get(kind, (CARL, ANNA))
    subject = f"to two contacts, {number}" if kind == "the same again" else f"{kind}, {number}"
    message_id, sent = f"<{kind.replace(' ', '-')}.{number}@letters.example>", at
    if kind in {"to two contacts", "the same again", FORGED}:
        message_id, sent = f"<shared.{number}@letters.example>", SENT
    raw = letter(sender, *to, subject=subject, message_id=message_id, sent=sent, **_HEADERS.get(kind, {}))  # type: ignore[arg-type]
    return Letter(kind, message_id, raw, at)
