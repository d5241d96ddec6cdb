"""A file of contacts or salespeople waits to be imported."""

import azure.functions as func

from shared import wiring
from shared.jobs.import_directory import import_directory

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="import-directory", connection="AzureWebJobsStorage")
async def queue_import_directory(note: func.QueueMessage) -> None:
    """The note is the job's id. When it fails, the queue tries it again."""
    await import_directory(wiring.world(), note.get_body().decode())
