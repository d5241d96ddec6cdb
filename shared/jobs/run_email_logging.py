"""Runs of Email Logging: by the timer where one is due, by a note from the queue, by hand."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from shared.errors import Conflict
from shared.jobs.count_interactions import count_interactions
from shared.jobs.drain_mailbox import drain_mailbox
from shared.jobs.ports import World
from shared.jobs.remove_opportunity import put_opportunities_right
from shared.jobs.session import Run
from shared.mail.decision import Policy
from shared.mail.never_log import NeverLog
from shared.mail.runs import Activity
from shared.mail.setup import EmailLoggingSetup
from shared.together import together

BACKGROUND_BUDGET = timedelta(minutes=4)
"""A run in the background ends after this and asks for another: well within host.json's functionTimeout."""
BUDGET_BY_HAND = timedelta(seconds=75)
"""A run that somebody waits for. The API promises an answer within 100 s, and what was begun is finished first."""


async def run_due_mailboxes(world: World) -> dict[str, Run]:
    """Runs each mailbox where a run is due, side by side, and asks for another where the time was up.

    And finishes, once a minute, what people were changing in the log when a worker of theirs died.
    """
    setup = await world.setups.get()
    now = world.clock()
    addresses = setup.mailboxes if setup.enabled else ()
    statuses = await together(world.runs.status(address) for address in addresses)
    due = [a for a, status in zip(addresses, statuses, strict=True) if setup.is_due(status.last_run, now)]
    runs = await _run(world, setup, due)
    async for opportunity_no in world.interactions.put_right():
        await count_interactions(world, opportunity_no)
    await put_opportunities_right(world)
    return runs


async def run_mailbox(world: World, address: str) -> dict[str, Run]:
    """Runs one mailbox because a note says so; a mailbox that is no longer in the setup is left alone."""
    setup = await world.setups.get()
    return await _run(world, setup, [address] if setup.enabled and address in setup.mailboxes else [])


async def run_now(world: World) -> Run:
    """Runs all mailboxes for somebody who waits. Raises Conflict when logging is disabled, or what ended a run."""
    setup = await world.setups.get()
    if not setup.enabled:
        raise Conflict("Email Logging is disabled. Enable it first.")
    runs = (await _run(world, setup, setup.mailboxes, BUDGET_BY_HAND)).values()
    for run in runs:
        if run.error:
            raise run.error
    return Run(
        outcomes=sum((run.outcomes for run in runs), Counter()),
        left=sum(run.left for run in runs),
        more=any(run.more for run in runs),
        already_running=any(run.already_running for run in runs),
    )


async def give_up_run(world: World, address: str) -> None:
    """Notes that a run that was asked for could not even begin, however often it was tried."""
    now = world.clock()
    message = "A run that was asked for failed again and again. The runs of the timer go on."
    await world.runs.record(Activity(address, now, now, message, failed=True, outcomes=()))


async def policy_of(world: World, setup: EmailLoggingSetup) -> Policy:
    """What the company has decided about its mail, as it stands now."""
    return Policy(setup, NeverLog(await world.never_log.all()))


async def _run(
    world: World, setup: EmailLoggingSetup, addresses: Sequence[str], budget: timedelta = BACKGROUND_BUDGET
) -> dict[str, Run]:
    if not addresses:
        return {}
    mailboxes = [world.mailboxes.open(address, setup) for address in addresses]
    policy = await policy_of(world, setup)
    runs = await together(drain_mailbox(world, mailbox, policy, budget) for mailbox in mailboxes)
    for address, run in zip(addresses, runs, strict=True):
        if run.more:
            await world.hints.drain_mailbox(address)
    return dict(zip(addresses, runs, strict=True))
