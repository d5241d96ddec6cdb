"""A run that was asked for and failed again and again: say so where the administrator looks."""

import azure.functions as func

from shared import wiring
from shared.jobs.run_email_logging import give_up_run

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="drain-mailbox-poison", connection="AzureWebJobsStorage")
async def queue_drain_mailbox_poison(note: func.QueueMessage) -> None:
    """The note is the mailbox's address. Nothing is lost with it: the timer runs the mailbox, too."""
    await give_up_run(wiring.world(), note.get_body().decode())
