"""An import that failed again and again: say so, instead of leaving it at «Running» for ever."""

import azure.functions as func

from shared import wiring
from shared.jobs.import_directory import give_up_import

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="import-directory-poison", connection="AzureWebJobsStorage")
async def queue_import_directory_poison(note: func.QueueMessage) -> None:
    """The note is the job's id."""
    await give_up_import(wiring.world(), note.get_body().decode())
