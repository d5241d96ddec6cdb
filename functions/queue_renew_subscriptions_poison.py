"""Change notifications could not be looked after when somebody asked for that: say so."""

import azure.functions as func

from shared.telemetry import log_given_up

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="renew-subscriptions-poison", connection="AzureWebJobsStorage")
async def queue_renew_subscriptions_poison(note: func.QueueMessage) -> None:
    """Nothing is lost with the note: the timer looks after them each minute."""
    log_given_up("Change notifications")
