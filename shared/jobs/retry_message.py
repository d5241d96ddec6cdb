"""Processing a held or failed message again, because somebody asks for it."""

from datetime import timedelta

from shared.errors import Conflict
from shared.jobs.drain_mailbox import note_run
from shared.jobs.log_messages import write_entries
from shared.jobs.ports import World
from shared.jobs.rematch_held import decided_anew
from shared.jobs.run_email_logging import policy_of
from shared.jobs.session import Run, open_session
from shared.jobs.settle_messages import settle_messages
from shared.mail.decision import decide
from shared.mail.ledger import LedgerRow
from shared.mail.outcome import Outcome

RETRIED = frozenset({Outcome.UNMATCHED, Outcome.FAILED})
BUDGET = timedelta(seconds=30)
_BUSY = "A run is at work on this mailbox. Try again in a minute."


async def retry_message(world: World, row_id: str) -> LedgerRow:
    """Reads the message anew, decides, and does it.

    Raises NotFound, MessageGone, MessageFailed, or Conflict when the message is neither held nor failed, or when a run
    is at work on its mailbox.
    """
    row = await world.ledger.get(row_id)
    if row.decision.outcome not in RETRIED or not row.finished:
        raise Conflict(f"Only held and failed messages are processed again. This one is: {row.decision.outcome}.")
    setup = await world.setups.get()
    if not setup.enabled:
        raise Conflict("Email Logging is disabled. Enable it first.")
    mailbox = world.mailboxes.open(row.message.mailbox, setup)
    run, started = Run(), world.clock()
    async with open_session(world, mailbox, await policy_of(world, setup), run, BUDGET) as session:
        if session is None:
            raise Conflict(_BUSY)
        message = await mailbox.read_message(row.message.item_id)
        claims = await world.ledger.claim([message], started)
        parties = await world.directory.parties(message.addresses)
        decision = decide(message, claims[message.item_id], parties, session.policy)
        opened = await world.ledger.reopen([decided_anew(row, message, decision, started)])
        if not opened:
            raise Conflict(_BUSY)
        await settle_messages(session, await write_entries(session, opened))
        await note_run(world, mailbox, started, run)
    return await world.ledger.get(row_id)
