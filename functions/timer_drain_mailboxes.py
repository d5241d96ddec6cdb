"""Each minute: run the mailboxes where a run is due. This is the safety net under everything else."""

import azure.functions as func

from shared import wiring
from shared.jobs.run_email_logging import run_due_mailboxes
from shared.telemetry import log_runs, plain_words

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *", use_monitor=False)
async def timer_drain_mailboxes(timer: func.TimerRequest) -> None:
    """The tick is every minute; the setup says how often a run is due."""
    with plain_words():
        log_runs(await run_due_mailboxes(wiring.world()))
