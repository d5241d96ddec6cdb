"""Whatever happens while mail is logged, in the end each mail is logged once and none is lost.

A schedule follows from its number alone, so one that fails can be played again.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.azurite import Azurite
from tests.faults.machine import play
from tests.faults.stage import ACCOUNTS_OF_A_SCHEDULE, Stage
from tests.proof import Progress, seed

SCHEDULES = int(os.environ.get("SCHEDULES") or 1000)
AT_A_TIME = 200
"""Schedules that share a tenant and an Azurite. Both keep everything in memory."""


@pytest.fixture(scope="module")
def stage(azurite: Azurite, certificates: Path) -> Iterator[Stage]:
    with Stage(azurite, certificates) as stage:
        yield stage


@pytest.mark.parametrize("number", range(40))
def test_a_random_schedule_ends_well(stage: Stage, number: int) -> None:
    play(stage, number)


@pytest.mark.proof
def test_many_random_schedules_end_well(certificates: Path) -> None:
    progress = Progress(f"random-schedules-{seed()}", SCHEDULES)
    with ExitStack() as on_stage:
        played = AT_A_TIME
        for number in progress.points():
            if number > SCHEDULES:
                break
            if played == AT_A_TIME:
                on_stage.close()
                stage, played = _new_stage(on_stage, certificates), 0
            try:
                play(stage, 10_000 * seed() + number)
            except BaseException as failure:
                failure.add_note(f"Again: make proof SEED={seed()} POINT={number} ARGS='-k random_schedules'")
                raise
            played += 1
    progress.finish()


def _new_stage(on_stage: ExitStack, certificates: Path) -> Stage:
    azurite = Azurite(accounts=1 + AT_A_TIME * ACCOUNTS_OF_A_SCHEDULE)
    azurite.start()
    on_stage.callback(azurite.stop)
    return on_stage.enter_context(Stage(azurite, certificates))
