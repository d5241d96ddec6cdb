"""What the app logs: outcome words, counts and plain causes. Never a subject, an address, a text or a secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import ProductError
from shared.jobs.session import Run
from shared.mail.message_key import digest

_log = logging.getLogger("email_logging")


@contextmanager
def plain_words() -> Iterator[None]:
    """Ends a run that cannot even begin, because storage is away, with a line in the log instead of a stack trace."""
    try:
        yield
    except ProductError as error:
        _log.error("The run ended: %s The next one goes on.", error.message)


def log_troubles(what: str, troubles: dict[str, str]) -> None:
    """One line for each mailbox that has trouble with something."""
    for address, trouble in troubles.items():
        _log.warning("%s of mailbox %s: %s", what, digest(address, length=8), trouble)


def log_given_up(what: str) -> None:
    """One line for what the queue has tried in vain, again and again."""
    _log.error("%s: given up after several tries. The timer goes on.", what)


def log_runs(runs: dict[str, Run]) -> None:
    """One line for each run that did something, or failed. A mailbox is named by a digest of its address."""
    for address, run in runs.items():
        name = digest(address, length=8)
        counts = ", ".join(f"{outcome} {count}" for outcome, count in sorted((+run.outcomes).items()))
        if run.error:
            _log.error("Run on mailbox %s ended: %s Handled: %s.", name, run.error.message, counts or "nothing")
        elif counts:
            _log.info("Run on mailbox %s: %s.%s", name, counts, " More is waiting." if run.more else "")
