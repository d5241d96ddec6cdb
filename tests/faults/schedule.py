"""One schedule: a mailbox with storage of its own, what happens to it, and the workers that log its mail."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from local.tenant.knobs import Fault
from local.tenant.mailbox import Item
from shared.errors import Conflict, NotFound, ProductError
from shared.jobs.keep_directory import (
    add_contact,
    add_salesperson,
    change_contact,
    remove_contact,
    remove_salesperson,
)
from shared.jobs.ports import World
from shared.jobs.run_email_logging import run_mailbox
from shared.mail.setup import EmailLoggingSetup
from shared.sales.party import AlternativeAddress, Contact, ContactType, Salesperson
from shared.storage.ledger import LISTED_FIRST
from shared.storage.runs import LEASE_LASTS
from tests.faults.events import (
    Arrives,
    Changes,
    Deed,
    Deletes,
    Event,
    Happening,
    Incident,
    Likeness,
    Meets,
    Moves,
    Service,
    Stops,
)
from tests.faults.letters import ERLA, GUEST, KINDS, SECOND, Letter
from tests.faults.stage import ACCOUNTS_OF_A_SCHEDULE, WORKERS, Stage
from tests.jobs.company import found_company
from tests.waiting import until
from tests.wire import Call, Trouble

RUNS_TO_REST = 15
"""After so many runs in which nothing happens, all must be done."""


@dataclass(frozen=True)
class Arrived:
    """A message that came into the mailbox."""

    letter: Letter
    item: Item


class Schedule:
    """Made by `begin`, taken down by `end`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.address = stage.address()
        self.arrived: list[Arrived] = []
        self.touched: set[str] = set()
        """Item ids of messages that a person moved or deleted: where they lie is that person's business."""
        self.story: list[str] = []
        """What came of each step, for whoever has to find out what went wrong."""
        self._letters: list[Letter] = []
        self._mailbox = stage.tenant.exchange.mailbox(self.address)
        self.storage, self._other_storage = (stage.azurite.account() for _ in range(ACCOUNTS_OF_A_SCHEDULE))
        self._open = AsyncExitStack()
        self._workers: list[World] = []
        self._at_work: list[AsyncExitStack] = []
        self.world: World
        """The product as people see it: nothing happens to their calls."""
        self.setup: EmailLoggingSetup

    async def begin(self, **setup: object) -> None:
        """Founds the company and lets the workers come."""
        self.world = await self._open.enter_async_context(self.stage.world(self.storage))
        self.setup = await found_company(self.world, self.stage.tenant, mailboxes=(self.address,), **setup)
        for number in range(WORKERS):
            self._at_work.append(AsyncExitStack())
            self._workers.append(await self._new_worker(number))

    async def end(self) -> None:
        """Lets everybody go."""
        self.stage.tenant.knobs.faults = []
        for one in (*self._at_work, self._open):
            await one.aclose()

    def holds(self, one: Arrived) -> bool:
        """Whether the message is in the mailbox still: a person may have deleted it for good."""
        return self._mailbox.find(one.item.immutable_id) is not None

    async def happen(self, event: Happening) -> None:
        """Something happens now."""
        match event:
            case Arrives():
                self._arrive(event)
            case Moves(item, folder) if (there := self._there(item)) is not None:
                self._mailbox.move(there, folder)
            case Deletes(item) if (there := self._there(item)) is not None:
                self._mailbox.delete(there)
            case Changes(deed):
                await self._change(deed)

    async def run(self, workers: int, incidents: Sequence[Incident], faults: Sequence[Fault] = ()) -> None:
        """One run of one worker, or of two who do not know of each other, and what happens meanwhile."""
        incidents_of_run = _Incidents(self, incidents)
        tasks = [asyncio.create_task(self._work(worker)) for worker in self._workers[:workers]]
        incidents_of_run.tasks = tasks
        self.stage.tenant.knobs.faults = list(faults)
        self.stage.wire.meets = incidents_of_run.meets
        try:
            await asyncio.wait(tasks)
        finally:
            self.stage.tenant.knobs.faults = []
            await incidents_of_run.end()
        self.story.append(f"{incidents_of_run.calls} calls: {[_result(task) for task in tasks]}")
        for number, task in enumerate(tasks):
            if task.cancelled():
                await self._at_work[number].aclose()
                self._workers[number] = await self._new_worker(number)
                self.stage.later += LEASE_LASTS

    async def rest(self) -> None:
        """Runs until nothing is left to do, also what a worker that died keeps from the others for a while."""
        waited = False
        for _ in range(RUNS_TO_REST):
            runs = await run_mailbox(self._workers[0], self.address)
            run = runs[self.address]
            self.story.append(f"{dict(run.outcomes)} left {run.left} {run.error or ''}")
            if run.already_running:  # whoever died has the lease still
                self.stage.later += LEASE_LASTS
            if run.already_running or run.error or run.more or any(run.outcomes.values()):
                continue
            if waited:
                return
            waited = True
            self.stage.later += 2 * LISTED_FIRST
        raise AssertionError("it does not come to rest")

    async def _work(self, worker: World) -> str:
        """What came of a run: it may fail, but only by an error of the product's own."""
        try:
            run = (await run_mailbox(worker, self.address))[self.address]
        except ProductError as error:
            return repr(error)
        return f"{dict(run.outcomes)} {run.error or ''}"

    async def _new_worker(self, number: int) -> World:
        """Without a memory. The second has its leases elsewhere, so it believes that it is alone."""
        world = await self._at_work[number].enter_async_context(self.stage.world(self.storage, number))
        if number == 0:
            return world
        elsewhere = await self._at_work[number].enter_async_context(self.stage.world(self._other_storage, number))
        return replace(world, runs=elsewhere.runs)

    def _arrive(self, event: Arrives) -> None:
        number = len(self._letters)
        letter = Letter(KINDS[event.kind], number, f"<{number}@{self.address}>")
        if self._letters and event.likeness is not Likeness.NEW:
            earlier = self._letters[event.earlier % number]
            letter = earlier if event.likeness is Likeness.AGAIN else replace(letter, message_id=earlier.message_id)
        if letter.number == number:
            self._letters.append(letter)
        self.arrived.append(Arrived(letter, self._mailbox.put(letter.raw, event.folder)))

    def _there(self, number: int) -> Item | None:
        """A message that a person finds in the mailbox, to do something with it."""
        if not self.arrived:
            return None
        item = self.arrived[number % len(self.arrived)].item
        self.touched.add(item.immutable_id)
        return self._mailbox.find(item.immutable_id)

    async def _change(self, deed: Deed) -> None:
        try:
            await _DEEDS[deed](self.world)
        except (Conflict, NotFound) as refusal:
            self.story.append(f"{deed}: {refusal}")


class _Incidents:
    """What is to happen in a run, as its calls come by."""

    def __init__(self, schedule: Schedule, incidents: Sequence[Incident]) -> None:
        self.calls = 0
        self.tasks: Sequence[asyncio.Task[str]] = ()
        self._schedule = schedule
        self._incidents = list(incidents)
        self._happening = 0

    async def meets(self, call: Call) -> Trouble | None:
        """Lets everything happen that is due, and says with what trouble the call meets."""
        self.calls += 1
        self._happening += 1
        try:
            while event := self._next():
                await self._schedule.happen(event)
        finally:
            self._happening -= 1
        return self._trouble(call)

    async def end(self) -> None:
        """Nothing more happens, and no call of this run is on its way."""
        wire = self._schedule.stage.wire
        self._incidents.clear()
        await until(lambda: not self._happening and not wire.passing)
        wire.meets = _no_trouble

    def _next(self) -> Happening | None:
        for incident in self._incidents:
            if incident.call <= self.calls and not isinstance(incident.event, Meets | Stops):
                self._incidents.remove(incident)
                return incident.event
        return None

    def _trouble(self, call: Call) -> Trouble | None:
        for incident in self._incidents:
            if incident.call > self.calls or not _fits(incident.event, call):
                continue
            self._incidents.remove(incident)
            if isinstance(incident.event, Stops):
                self.tasks[incident.event.worker % len(self.tasks)].cancel()
                return incident.event.trouble
            if isinstance(incident.event, Meets):
                if incident.event.times > 1:
                    self._incidents.append(
                        replace(incident, event=replace(incident.event, times=incident.event.times - 1))
                    )
                return incident.event.trouble
        return None


def _fits(event: Event, call: Call) -> bool:
    """Whether a call can meet with it: a row is stale only for who says which one he means."""
    if isinstance(event, Stops):
        return True
    service = Service.GRAPH if call.url.path.startswith("/v1.0/") else Service.STORAGE
    if not isinstance(event, Meets) or event.service is not service:
        return False
    return event.trouble is not Trouble.STALE or call.if_match not in {"", "*"}


async def _no_trouble(_call: Call) -> Trouble | None:
    return None


def _result(task: asyncio.Task[str]) -> str:
    return "stopped" if task.cancelled() else task.result()


async def _add_address(world: World) -> None:
    disa = await world.directory.contacts.get("CT000003")
    await change_contact(world, replace(disa, alternative_addresses=(AlternativeAddress("X", SECOND),)), None)


async def _remove_address(world: World) -> None:
    await change_contact(world, replace(await world.directory.contacts.get("CT000003"), alternative_addresses=()), None)


_DEEDS: Mapping[Deed, Callable[[World], Coroutine[Any, Any, object]]] = {
    Deed.ADD_CONTACT: lambda world: add_contact(world, Contact("G1", ContactType.PERSON, "Guest", email=GUEST)),
    Deed.REMOVE_CONTACT: lambda world: remove_contact(world, "G1", None),
    Deed.ADD_SALESPERSON: lambda world: add_salesperson(world, Salesperson("EE", "Erla", ERLA)),
    Deed.REMOVE_SALESPERSON: lambda world: remove_salesperson(world, "EE", None),
    Deed.ADD_ADDRESS: _add_address,
    Deed.REMOVE_ADDRESS: _remove_address,
}
