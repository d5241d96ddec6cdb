"""A note that change notifications have to be looked after now: logging was enabled, or Graph has dropped one."""

import azure.functions as func

from shared import wiring
from shared.jobs.renew_subscriptions import renew_subscriptions
from shared.telemetry import log_troubles, plain_words

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="note", queue_name="renew-subscriptions", connection="AzureWebJobsStorage")
async def queue_renew_subscriptions(note: func.QueueMessage) -> None:
    """What goes wrong here is tried again by the timer."""
    with plain_words():
        log_troubles("Change notifications", await renew_subscriptions(wiring.world()))
