"""Archive is looked through for messages that nobody logged.

Exchange may put a copied reply straight beside the message that it answers, and that one is in Archive by then.
"""

from datetime import datetime, timedelta

from shared.jobs.session import Session

SWEPT_AGAIN = timedelta(minutes=10)
"""How far back each sweep looks again: longer than Exchange takes to show a message that it has received."""


async def sweep_since(session: Session) -> datetime:
    """Where the sweep begins: where the last one ended, and first when logging of this mailbox began.

    A mailbox that was taken over with years of Archive is not read back unless somebody asks.
    """
    swept_until = (await session.world.runs.status(session.mailbox.address)).swept_until
    return swept_until or session.policy.setup.enabled_at or session.world.clock()
