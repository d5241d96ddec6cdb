"""Each minute: ask for change notifications where there are none, and renew those that are due."""

import azure.functions as func

from shared import wiring
from shared.jobs.renew_subscriptions import renew_subscriptions
from shared.telemetry import log_troubles, plain_words

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="30 * * * * *", use_monitor=False)
async def timer_renew_subscriptions(timer: func.TimerRequest) -> None:
    """Mostly there is nothing due: that costs a read of the setup, and one for each mailbox."""
    with plain_words():
        log_troubles("Change notifications", await renew_subscriptions(wiring.world()))
