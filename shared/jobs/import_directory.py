"""Importing contacts or salespeople from a CSV file, in the background: many lines at a time, bad ones reported.

Importing a file again changes nothing, so a job that was cut off simply begins again.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from shared.errors import Conflict, Invalid
from shared.jobs.check_person import faults_of, tidied
from shared.jobs.keep_directory import new_numbers
from shared.jobs.ports import People, World
from shared.jobs.rematch_held import became_known
from shared.mail.matching import PartyKind
from shared.sales.background_job import BackgroundJob, JobError, JobState
from shared.sales.directory_file import (
    CONTACT_COLUMNS,
    SALESPERSON_COLUMNS,
    Line,
    contact_of,
    read_file,
    salesperson_of,
)
from shared.sales.party import Contact, ContactType, Salesperson, addresses_of

CONTACTS = "ImportContacts"
SALESPEOPLE = "ImportSalespeople"
LINES_AT_A_TIME = 5_000
"""Enough for the address rows of a batch, which spread over 256 partitions, to fill transactions."""


async def begin_import(world: World, kind: str, file: bytes) -> BackgroundJob:
    """Keeps the file and asks for the work to begin. Raises Invalid when the file is wrong as a whole."""
    lines = _lines(kind, file)
    job = BackgroundJob(uuid.uuid4().hex, kind, JobState.RUNNING, world.clock(), total=len(lines))
    await world.background_jobs.add(job, file)
    await world.hints.import_directory(job.id)
    return job


async def import_directory(world: World, job_id: str) -> None:
    """Does an import from its beginning. A job that is done is left alone."""
    job = await world.background_jobs.get(job_id)
    if job.state is not JobState.RUNNING:
        return
    lines = _lines(job.kind, await world.background_jobs.file(job_id))
    progress = _Progress(world, replace(job, done=0, counts=()))
    if job.kind == CONTACTS:
        contacts = await progress.parse(lines, contact_of)
        companies = [one for one in contacts if one.person.type is ContactType.COMPANY]
        persons = [one for one in contacts if one.person.type is ContactType.PERSON]
        for group in (companies, persons):  # in this order, so that a person's company is there
            for batch in batched(group, LINES_AT_A_TIME, strict=False):
                await _save_contacts(world, progress, batch)
    else:
        for people in batched(await progress.parse(lines, salesperson_of), LINES_AT_A_TIME, strict=False):
            await _save(world.directory.salespeople, progress, people)
    await progress.end()
    await world.background_jobs.drop_file(job_id)


async def give_up_import(world: World, job_id: str) -> None:
    """Notes that an import cannot be done: it has failed again and again."""
    job = await world.background_jobs.get(job_id)
    if job.state is JobState.RUNNING:
        message = "The import was given up after several tries. Import the file again; what is there already stays."
        await world.background_jobs.save(replace(job, state=JobState.FAILED), [JobError(0, message)])


@dataclass(frozen=True, slots=True)
class _Parsed[P: Contact | Salesperson]:
    """A person, and the line that says so."""

    line: int
    person: P


class _Progress:
    """How far the import has come, and what was wrong with which line."""

    def __init__(self, world: World, job: BackgroundJob) -> None:
        self.world = world
        self._job = job
        self._counts: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        self._addresses: dict[str, int] = {}

    async def parse[P: Contact | Salesperson](
        self, lines: Iterable[Line], parse: Callable[[Line], P]
    ) -> list[_Parsed[P]]:
        """The people of the file by number, each number and address once. Other lines are errors."""
        parsed: list[_Parsed[P]] = []
        faults: dict[int, str] = {}
        for line in lines:
            try:
                person = tidied(parse(line))
                self._check(person, line.number)
                parsed.append(_Parsed(line.number, person))
            except Invalid as error:
                faults[line.number] = " ".join([error.message, *error.fields.values()])
        await self.add({}, faults)
        return sorted(parsed, key=lambda one: one.person.number.upper())

    async def add(self, saved: dict[int, str], faults: dict[int, str]) -> None:
        """Notes what became of some lines."""
        self._counts.update(saved.values())
        if faults:
            self._counts["failed"] += len(faults)
        done = self._job.done + len(saved) + len(faults)
        self._job = replace(self._job, done=done, counts=tuple(sorted(self._counts.items())))
        errors = [JobError(line, message) for line, message in faults.items()]
        await self.world.background_jobs.save(self._job, errors)

    def line_with(self, number: str, line: int) -> int:
        """The line in which a number stands: this one, if none had it before."""
        return self._numbers.setdefault(number.upper(), line)

    async def end(self) -> None:
        """Notes that all lines are done."""
        await self.world.background_jobs.save(replace(self._job, state=JobState.DONE))

    def _check(self, person: Contact | Salesperson, line: int) -> None:
        if faults := faults_of(person):
            raise Invalid("The line is not valid.", faults)
        if not person.number and not person.email:
            raise Invalid("Give a number or an e-mail address, so that the line is known again.")
        if person.number and (other := self.line_with(person.number, line)) != line:
            raise Invalid(f"{person.number} stands in line {other} already.")
        for address in addresses_of(person):
            if (other := self._addresses.setdefault(address, line)) != line:
                raise Invalid(f"The address {address} stands in line {other} already.")


async def _save_contacts(world: World, progress: _Progress, batch: Sequence[_Parsed[Contact]]) -> None:
    """Numbers those that have none, refuses those that name nobody, and saves the others."""
    batch = await _numbered(world, batch)
    companies = await world.directory.contacts.find_all({one.person.company_no for one in batch})
    salespeople = await world.directory.salespeople.find_all({one.person.salesperson_code for one in batch})
    faults: dict[int, str] = {}
    for one in batch:
        company_no, code = one.person.company_no, one.person.salesperson_code
        company = companies.get(company_no)
        if (other := progress.line_with(one.person.no, one.line)) != one.line:
            faults[one.line] = f"{one.person.no} stands in line {other} already."
        elif company_no and company_no != one.person.no and (not company or company.type is not ContactType.COMPANY):
            faults[one.line] = f"There is no company {company_no}."
        elif code and code not in salespeople:
            faults[one.line] = f"There is no salesperson {code}."
    await progress.add({}, faults)
    await _save(world.directory.contacts, progress, [one for one in batch if one.line not in faults])


async def _numbered(world: World, batch: Sequence[_Parsed[Contact]]) -> list[_Parsed[Contact]]:
    """A contact without a number is the one who has the address already, or else gets the next number."""
    nameless = [one for one in batch if not one.person.no]
    parties = await world.directory.parties({one.person.email for one in nameless})
    known = {address: party.number for address, party in parties.items() if party.kind is PartyKind.CONTACT}
    numbers = {one.line: known[one.person.email] for one in nameless if one.person.email in known}
    new = [one.line for one in nameless if one.line not in numbers]
    numbers |= dict(zip(new, await new_numbers(world, len(new)), strict=True))
    return [_Parsed(one.line, replace(one.person, no=numbers.get(one.line, one.person.no))) for one in batch]


async def _save[P: Contact | Salesperson](people: People[P], progress: _Progress, batch: Sequence[_Parsed[P]]) -> None:
    results = await people.save_all([one.person for one in batch], progress.world.clock())
    saved: dict[int, str] = {}
    faults: dict[int, str] = {}
    for one in batch:
        result = results[one.person.number]
        if isinstance(result, Conflict):
            faults[one.line] = result.message
        else:
            saved[one.line] = result
    await progress.add(saved, faults)
    # Also of those that are unchanged: an earlier try may have written them and died.
    people_there = [one.person for one in batch if one.line in saved]
    await became_known(progress.world, {address for person in people_there for address in addresses_of(person)})


def _lines(kind: str, file: bytes) -> list[Line]:
    if kind == CONTACTS:
        return read_file(file, CONTACT_COLUMNS, required=("name",))
    return read_file(file, SALESPERSON_COLUMNS, required=("code", "name"))
