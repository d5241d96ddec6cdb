"""A note that a mailbox has more waiting than one run could do: go on at once."""

import azure.functions as func

from shared import wiring
from shared.jobs.run_email_logging import run_mailbox
from shared.telemetry import log_runs, plain_words

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="drain-mailbox", connection="AzureWebJobsStorage")
async def queue_drain_mailbox(note: func.QueueMessage) -> None:
    """The note is the mailbox's address. A run that fails is not repeated here: the timer's next one goes on."""
    with plain_words():
        log_runs(await run_mailbox(wiring.world(), note.get_body().decode()))
