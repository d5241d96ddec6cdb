"""Importing a directory, against real storage: many lines at a time, bad ones by number, again without a change."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from azure.data.tables.aio import TableServiceClient

from shared.errors import Invalid
from shared.jobs.import_directory import (
    CONTACTS,
    LINES_AT_A_TIME,
    SALESPEOPLE,
    begin_import,
    give_up_import,
    import_directory,
)
from shared.jobs.keep_directory import add_contact, add_salesperson
from shared.jobs.ports import People, World
from shared.mail.matching import Party, PartyKind
from shared.sales.background_job import BackgroundJob, JobError, JobState
from shared.sales.party import NUMBER_RULE, AlternativeAddress, Contact, ContactType, Salesperson
from shared.storage.background_jobs import TABLE as JOBS
from shared.storage.tables import Tables


@pytest.fixture
async def tables(storage: str) -> AsyncIterator[Tables]:
    """The same storage, seen without the product."""
    async with TableServiceClient.from_connection_string(storage) as service:
        yield Tables(service)


HEADER = "no,type,name,companyNo,email,alternativeAddresses,salespersonCode,privacyBlocked"


def contacts(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


async def done(world: World, kind: str, file: bytes) -> tuple[BackgroundJob, tuple[JobError, ...]]:
    """Imports a file to the end, as the queue's worker does."""
    job = await begin_import(world, kind, file)
    await import_directory(world, job.id)
    return await world.background_jobs.get(job.id), await world.background_jobs.errors(job.id)


async def everybody[P: Contact | Salesperson](people: People[P]) -> list[P]:
    found: list[P] = []
    start = None
    while True:
        page = await people.page(start, 1000)
        found += page.items
        if page.next is None:
            return found
        start = page.next


async def test_every_column_becomes_a_field(world: World) -> None:
    await add_salesperson(world, Salesperson("AK", "Anna"))
    line = "CT000002,person,Dísa  ,CT000001, DISA@ylur.example ,HOME=disa@home.example;OLD=D@Old.example,AK,já"

    job, errors = await done(world, CONTACTS, contacts("CT000001,Company,Ylur hf.,,,,,", line))

    assert (job.state, job.done, job.total, dict(job.counts), errors) == (JobState.DONE, 2, 2, {"added": 2}, ())
    disa = await world.directory.contacts.get("CT000002")
    assert replace(disa, etag="") == Contact(
        no="CT000002",
        type=ContactType.PERSON,
        name="Dísa",
        company_no="CT000001",
        email="disa@ylur.example",
        alternative_addresses=(
            AlternativeAddress("HOME", "disa@home.example"),
            AlternativeAddress("OLD", "d@old.example"),
        ),
        salesperson_code="AK",
        privacy_blocked=True,
    )
    blocked = Party(PartyKind.CONTACT, "CT000002", "OLD", "CT000001", privacy_blocked=True)
    assert await world.directory.parties(["d@old.example"]) == {"d@old.example": blocked}


async def test_salespeople_are_imported_too(world: World) -> None:
    file = "code;name;email;blocked\nAK;Anna;anna@nordurljos.example;no\nBW;Ben;ben@nordurljos.example;yes\n".encode(
        "utf-8-sig"
    )

    job, errors = await done(world, SALESPEOPLE, file)

    assert (dict(job.counts), errors) == ({"added": 2}, ())
    assert [(one.code, one.blocked) for one in await everybody(world.directory.salespeople)] == [
        ("AK", False),
        ("BW", True),
    ]


async def test_bad_lines_are_reported_by_number_and_the_others_are_imported(world: World) -> None:
    await add_contact(world, Contact("CT000900", ContactType.PERSON, "Nina", email="nina@mill.example"))
    faults = {
        3: (
            "C 1,,Bad number,,,,,",
            f"The line is not valid. {NUMBER_RULE}",
        ),
        4: ("C2,Robot,Bad type,,,,,", "The type must be Company or Person."),
        5: ("C3,,Bad address,,no address,,,", "The line is not valid. no address is not an e-mail address."),
        6: ("C4,,,,c4@mill.example,,,", "The line is not valid. Give a name of 1 to 250 characters."),
        7: ("C5,,Bad flag,,,,,perhaps", "privacyBlocked must be true or false."),
        8: ("C6,,Too short", "The line has 3 values, the header 8."),
        9: ("C7,,No such company,NONE,,,,", "There is no company NONE."),
        10: ("C8,,Company that is a person,CT000900,,,,", "There is no company CT000900."),
        11: ("C9,,No such salesperson,,,,NONE,", "There is no salesperson NONE."),
        12: ("C10,,Taken address,,Nina@Mill.example,,,", "The address nina@mill.example belongs to contact CT000900."),
        13: (",,Nobody knows who,,,,,", "Give a number or an e-mail address, so that the line is known again."),
        14: ("good1,,Same number,,,,,", "good1 stands in line 2 already."),
        15: ("C11,,Same address,,good1@mill.example,,,", "The address good1@mill.example stands in line 2 already."),
        16: ("C12,,Bad pair,,,HOME,,", "Write alternative addresses as CODE=address, with ; between them."),
    }
    good = ["GOOD1,,One,,good1@mill.example,,,", "GOOD2,,Two,,good2@mill.example,,,"]

    job, errors = await done(world, CONTACTS, contacts(good[0], *(line for line, _ in faults.values()), good[1]))

    assert {error.line: error.message for error in errors} == {line: message for line, (_, message) in faults.items()}
    assert (job.state, job.done, job.total) == (JobState.DONE, 16, 16)
    assert dict(job.counts) == {"added": 2, "failed": 14}
    assert [one.no for one in await everybody(world.directory.contacts)] == ["CT000900", "GOOD1", "GOOD2"]
    assert set(await world.directory.parties(["c4@mill.example", "good2@mill.example"])) == {"good2@mill.example"}


async def test_a_company_may_come_after_its_people_in_the_file(world: World) -> None:
    job, errors = await done(
        world, CONTACTS, contacts("C1,Person,Carl,GLEN,carl@glen.example,,,", "GLEN,Company,Glen Corran,,,,,")
    )

    assert (dict(job.counts), errors) == ({"added": 2}, ())
    assert (await world.directory.parties(["carl@glen.example"]))["carl@glen.example"].company_no == "GLEN"


async def test_who_comes_without_a_number_is_who_has_the_address_or_gets_the_next_number(world: World) -> None:
    await add_contact(world, Contact("KNOWN", ContactType.PERSON, "Nina", email="nina@mill.example"))
    await add_contact(world, Contact("CT000001", ContactType.PERSON, "Chosen by hand"))
    file = contacts(",,Nina Moller,,NINA@mill.example,,,", ",,New,,new@mill.example,,,", ",,Next,,next@mill.example,,,")

    first, errors = await done(world, CONTACTS, file)
    again, _ = await done(world, CONTACTS, file)

    assert (dict(first.counts), errors) == ({"added": 2, "changed": 1}, ())
    assert dict(again.counts) == {"unchanged": 3}
    people = {one.no: (one.name, one.email) for one in await everybody(world.directory.contacts)}
    assert people == {
        "CT000001": ("Chosen by hand", ""),
        "CT000002": ("New", "new@mill.example"),
        "CT000003": ("Next", "next@mill.example"),
        "KNOWN": ("Nina Moller", "nina@mill.example"),
    }


async def test_an_address_of_a_salesperson_gives_no_contact(world: World) -> None:
    await add_salesperson(world, Salesperson("AK", "Anna", "anna@nordurljos.example"))

    _, errors = await done(world, CONTACTS, contacts(",,Anna,,anna@nordurljos.example,,,", "AK,,A contact,,,,,"))

    assert [error.message for error in errors] == ["The address anna@nordurljos.example belongs to salesperson AK."]
    assert [one.no for one in await everybody(world.directory.contacts)] == ["AK"]


async def test_an_address_and_a_number_of_one_contact_in_two_lines_are_one_line_too_many(world: World) -> None:
    await add_contact(world, Contact("C1", ContactType.PERSON, "Nina", email="old@mill.example"))

    job, errors = await done(world, CONTACTS, contacts(",,Nina,,old@mill.example,,,", "C1,,Nina,,new@mill.example,,,"))

    assert dict(job.counts) == {"changed": 1, "failed": 1}
    assert [(error.line, error.message) for error in errors] == [(2, "C1 stands in line 3 already.")]
    assert set(await world.directory.parties(["old@mill.example", "new@mill.example"])) == {"new@mill.example"}


async def test_a_number_in_another_case_is_the_same_person(world: World) -> None:
    await done(world, CONTACTS, contacts("Glen,Company,Glen Corran,,info@glen.example,,,"))

    job, errors = await done(world, CONTACTS, contacts("GLEN,Company,Glen Corran Ltd,,info@glen.example,,,"))

    assert (dict(job.counts), errors) == ({"changed": 1}, ())
    assert [one.name for one in await everybody(world.directory.contacts)] == ["Glen Corran Ltd"]


async def test_addresses_that_a_later_file_leaves_out_are_free(world: World) -> None:
    await done(world, CONTACTS, contacts("C1,,Nina,,nina@mill.example,HOME=nina@home.example,,"))
    await done(world, CONTACTS, contacts("C1,,Nina,,nina@mill.example,,,"))

    job, errors = await done(world, CONTACTS, contacts("C2,,Other,,nina@home.example,,,"))

    assert (dict(job.counts), errors) == ({"added": 1}, ())


async def test_three_batches_are_one_job(world: World) -> None:
    count = 2 * LINES_AT_A_TIME + 1
    lines = ["code,name", *(f"SP{number:06d},Seller {number}" for number in range(count)), "bad code,Nobody"]
    job, errors = await done(world, SALESPEOPLE, "\n".join(lines).encode())

    assert (job.done, job.total, dict(job.counts)) == (count + 1, count + 1, {"added": count, "failed": 1})
    assert [error.line for error in errors] == [count + 2]
    everyone = await everybody(world.directory.salespeople)
    assert [one.code for one in everyone] == [f"SP{number:06d}" for number in range(count)]


async def test_two_thousand_contacts_and_importing_them_again_writes_nobody(world: World) -> None:
    file = contacts(*(f"CT{n:06d},,Nina {n},,nina{n}@mill.example,HOME=nina{n}@home.example,," for n in range(2_000)))

    first, _ = await done(world, CONTACTS, file)
    before = await everybody(world.directory.contacts)
    again, errors = await done(world, CONTACTS, file)

    assert (dict(first.counts), dict(again.counts), errors) == ({"added": 2_000}, {"unchanged": 2_000}, ())
    assert await everybody(world.directory.contacts) == before, "the etags too, which every write changes"
    addresses = [f"nina{n}@home.example" for n in range(0, 2_000, 100)]
    parties = await world.directory.parties(addresses)
    assert [parties[address].number for address in addresses] == [f"CT{n:06d}" for n in range(0, 2_000, 100)]


async def test_an_import_that_was_cut_off_begins_again_and_comes_to_the_same(world: World) -> None:
    file = contacts("GLEN,Company,Glen,,,,,", *(f"CT{n:06d},,Nina {n},GLEN,n{n}@mill.example,,," for n in range(300)))
    job = await begin_import(world, CONTACTS, file)
    for delay in (0.02, 0.1, 0.2):
        work = asyncio.create_task(import_directory(world, job.id))
        await asyncio.wait([work], timeout=delay)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    await import_directory(world, job.id)

    after = await world.background_jobs.get(job.id)
    assert (after.state, after.done, sum(count for _, count in after.counts)) == (JobState.DONE, 301, 301)
    assert len(await everybody(world.directory.contacts)) == 301
    assert len(await world.directory.parties([f"n{n}@mill.example" for n in range(300)])) == 300


async def test_a_job_that_is_done_is_left_alone_and_its_file_is_gone(world: World, tables: Tables) -> None:
    job, _ = await done(world, CONTACTS, contacts("C1,,Nina,,nina@mill.example,,,"))

    await import_directory(world, job.id)
    await give_up_import(world, job.id)

    assert await world.background_jobs.get(job.id) == job
    assert [row["RowKey"] async for row in tables.partition(JOBS, job.id)] == ["job"]


async def test_a_job_that_is_given_up_says_what_to_do(world: World) -> None:
    job = await begin_import(world, CONTACTS, contacts("C1,,Nina,,,,,"))

    await give_up_import(world, job.id)

    assert (await world.background_jobs.get(job.id)).state is JobState.FAILED
    (error,) = await world.background_jobs.errors(job.id)
    assert (error.line, error.message.split(". ")[1]) == (0, "Import the file again; what is there already stays.")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "The file is empty."),
        ("no,name\n1,Dísa".encode("latin-1"), "not UTF-8"),
        (b"C1,,Nina,,,,,\n", "must be a header"),
        (b"no,name,colour\n", "Unknown: colour"),
        (b"no,email\n", "Missing: name"),
    ],
)
async def test_a_file_that_is_wrong_as_a_whole_is_refused_before_there_is_a_job(
    world: World, file: bytes, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        await begin_import(world, CONTACTS, file)
