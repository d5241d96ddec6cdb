"""A run is stopped at each of its calls to storage and to Graph, before it is sent and after it was done.

A new worker goes on from there, and nobody can tell afterwards that anything happened.
"""

from collections.abc import Mapping
from itertools import count

import pytest

from local.tenant import Tenant
from shared.jobs.ports import World
from tests.jobs.mail_of_all_kinds import FORGED, FROM_NOBODY, IN_ARCHIVE, KINDS, UNREADABLE, mails
from tests.jobs.stopped_worker import rounds_of
from tests.proof import Progress, seed
from tests.wire import Cut

FEW = [kind for kind in KINDS if kind not in {UNREADABLE, IN_ARCHIVE, FORGED, FROM_NOBODY}]
"""Kinds in the tests of every day. The others take a third of the calls, and are in the proof."""
CALLS = 80
"""A run on these mails makes more; if it seems to make fewer, then the wire does not see them all."""


# Where connecting is stopped, aiohttp leaves the socket to the process, which would be dead.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.mark.parametrize("where", Cut)
async def test_a_run_that_was_stopped_anywhere_is_finished_by_another_as_if_nothing_had_happened(
    world: World, tenant: Tenant, environment: Mapping[str, str], where: Cut
) -> None:
    async with rounds_of(world, tenant, environment, mails(FEW, 1, seed=1), batch_size=16) as rounds:
        clean = await rounds.clean()
        for call in count(1):
            if not (at := await rounds.stop(call, where)):
                break
            assert (await rounds.left()).differs_from(clean) == [], f"stopped {where} call {call}: {at}"
    assert call > CALLS


@pytest.mark.proof
@pytest.mark.parametrize("where", Cut)
async def test_a_run_on_many_mails_that_was_stopped_anywhere_is_finished_by_another(
    world: World, tenant: Tenant, environment: Mapping[str, str], where: Cut
) -> None:
    async with rounds_of(world, tenant, environment, mails(KINDS, 3, seed()), batch_size=7) as rounds:
        clean = await rounds.clean()
        progress = Progress(f"stopped-{where}-{seed()}", calls := await rounds.count_calls())
        assert calls > CALLS
        for call in progress.points():
            if not (at := await rounds.stop(call, where)):
                break
            replay = f"make proof SEED={seed()} POINT={call} ARGS='-k \"many_mails and {where}\"'"
            assert (await rounds.left()).differs_from(clean) == [], f"stopped {where} {at}; again: {replay}"
    progress.finish()
