"""Random schedules, as a state machine of Hypothesis'. One seed is one schedule."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from local.tenant.knobs import Fault
from shared.mail.outcome import NotLoggedAction
from tests.faults.at_rest import complaints
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
from tests.faults.letters import KINDS
from tests.faults.schedule import Schedule
from tests.faults.stage import WORKERS, Stage
from tests.wire import Trouble

STEPS = 4
"""The first is the company's founding."""
CALLS = 80
"""About as many as a run makes."""

ITEMS = st.integers(0, 20)
ARRIVALS = st.builds(
    Arrives,
    st.sampled_from(list(KINDS)),
    st.sampled_from([Likeness.NEW, Likeness.NEW, Likeness.AGAIN, Likeness.FORGED]),
    ITEMS,
    st.sampled_from(["Inbox", "Inbox", "Inbox", "Archive"]),
)
HAPPENINGS: st.SearchStrategy[Happening] = st.one_of(
    ARRIVALS,
    st.builds(Moves, ITEMS, st.sampled_from(["Inbox", "Archive", "Deleted Items", "Junk Email"])),
    st.builds(Deletes, ITEMS),
    st.builds(Changes, st.sampled_from(Deed)),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    HAPPENINGS,
    st.builds(Meets, st.just(Service.STORAGE), st.sampled_from(Trouble), st.sampled_from([1, 1, 2, 5])),
    st.builds(
        Meets,
        st.just(Service.GRAPH),
        st.sampled_from([Trouble.RESET_BEFORE, Trouble.RESET_AFTER, Trouble.SLOW]),
        st.sampled_from([1, 1, 2, 4]),
    ),
    st.builds(Stops, st.integers(0, WORKERS - 1), st.sampled_from([Trouble.RESET_BEFORE, Trouble.RESET_AFTER])),
)
MAILS = st.lists(ARRIVALS, min_size=1, max_size=6)
INCIDENTS = st.lists(st.builds(Incident, st.integers(1, CALLS), EVENTS), min_size=1, max_size=8)
FAULTS = st.lists(
    st.builds(
        Fault,
        match=st.sampled_from([r"POST .*/move$", r"GET .*/messages", r"GET .*/mailFolders/[^/]+$"]),
        action=st.sampled_from(["429", "429-no-retry-after", "503", "slow"]),
        times=st.sampled_from([1, 2, 4]),
        after=st.integers(0, 6),
        retry_after=st.sampled_from([0, 1, 20]),
        delay_ms=st.just(20),
    ),
    max_size=2,
)


def play(stage: Stage, number: int) -> None:
    """Plays the schedule of a seed. Raises AssertionError, with the story so far, when something does not hold."""
    run_state_machine_as_test(
        seed(number)(partial(RandomSchedule, stage)),  # type: ignore[arg-type]  # it is called like the class
        settings=settings(
            max_examples=1,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


class RandomSchedule(RuleBasedStateMachine):
    """Mail comes, people act, workers run and are troubled; then all comes to rest, and must be well."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self._schedule: Schedule | None = None
        self._is_well = True

    @initialize(
        luck=st.integers(0, 2**32),
        batch_size=st.sampled_from([2, 5, 200]),
        not_logged=st.sampled_from([NotLoggedAction.MOVE, *NotLoggedAction]),
    )
    def begin(self, luck: int, batch_size: int, not_logged: NotLoggedAction) -> None:
        assume(luck)  # Hypothesis begins with the plainest schedule of all, whatever the seed
        self._schedule = Schedule(self._stage)
        self._do(self._schedule.begin(batch_size=batch_size, messages_not_logged=not_logged))

    @rule(event=HAPPENINGS)
    def something_happens(self, event: Happening) -> None:
        self._do(self._now.happen(event))

    @rule(mails=MAILS, incidents=INCIDENTS, faults=FAULTS)
    def a_worker_runs(self, mails: list[Arrives], incidents: list[Incident], faults: list[Fault]) -> None:
        self._do(self._run(1, mails, incidents, faults))

    @rule(mails=MAILS, incidents=INCIDENTS, faults=FAULTS)
    def two_workers_run_at_once(self, mails: list[Arrives], incidents: list[Incident], faults: list[Fault]) -> None:
        self._do(self._run(2, mails, incidents, faults))

    def teardown(self) -> None:
        if self._schedule is None:
            return
        if self._is_well:
            self._do(self._come_to_rest())
        self._stage.do(self._schedule.end())

    @property
    def _now(self) -> Schedule:
        assert self._schedule
        return self._schedule

    async def _run(
        self, workers: int, mails: Sequence[Arrives], incidents: Sequence[Incident], faults: Sequence[Fault]
    ) -> None:
        for mail in mails:
            await self._now.happen(mail)
        await self._now.run(workers, incidents, faults)

    async def _come_to_rest(self) -> None:
        await self._now.rest()
        found = await complaints(self._now)
        assert not found, "\n".join(found)

    def _do(self, work: Any) -> None:
        self._is_well = False
        try:
            self._stage.do(work)
        except BaseException as trouble:
            trouble.add_note("\n".join(["What came of each step:", *self._now.story]))
            raise
        self._is_well = True
