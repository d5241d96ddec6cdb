"""`python -m tests.jobs.worker_process NOW`: a worker in a process of its own, which may be killed at any moment.

It does what the queue's door does, run after run, until nothing is left, and its clock stands at NOW. It prints a line
when it begins to work.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime

from shared.jobs.run_email_logging import run_mailbox
from shared.settings import read_settings
from shared.wiring import Wiring


async def main(now: datetime) -> None:
    """Drains the mailboxes of the setup. What ends a run is raised."""
    wiring = Wiring(read_settings(os.environ))
    world = replace(wiring.world, clock=lambda: now)
    (address,) = (await world.setups.get()).mailboxes
    print("at work", flush=True)
    while True:
        run = (await run_mailbox(world, address))[address]
        if run.error:
            raise run.error
        if not (run.more or +run.outcomes or run.already_running):
            break
    await wiring.close()


if __name__ == "__main__":
    asyncio.run(main(datetime.fromisoformat(sys.argv[1])))
