"""The one outcome that every message ends with, and where each goes."""

from enum import StrEnum


class Outcome(StrEnum):
    """Names are those of the ledger and the API."""

    DRAFT = "draft"
    NO_SENDER = "no_sender"
    NO_RECIPIENTS = "no_recipients"
    DUPLICATE = "duplicate"
    EXCLUDED = "excluded"
    AUTOMATIC = "automatic"
    UNMATCHED = "unmatched"
    LOGGED = "logged"
    FAILED = "failed"


class Mark(StrEnum):
    """Remarks on a message, apart from its outcome."""

    ID_COLLISION = "id_collision"
    UNAUTHENTICATED_SENDER = "unauthenticated_sender"
    NO_LINK = "no_link"


class NotLoggedAction(StrEnum):
    """What the setup says about messages that are not logged."""

    MOVE = "MoveToNotLogged"
    LEAVE = "LeaveInInbox"
    DELETE = "Delete"


class Destination(StrEnum):
    """Where a message ends."""

    ARCHIVE = "Archive"
    NOT_LOGGED = "Not logged"
    FAILED = "Failed"
    INBOX = "Inbox"
    DELETED = "Deleted Items"


def destination_of(outcome: Outcome, not_logged: NotLoggedAction) -> Destination:
    """The folder that a message with this outcome goes to. A failed one is always kept, whatever the setup says."""
    if outcome is Outcome.LOGGED:
        return Destination.ARCHIVE
    if outcome is Outcome.FAILED:
        return Destination.FAILED
    return {
        NotLoggedAction.MOVE: Destination.NOT_LOGGED,
        NotLoggedAction.LEAVE: Destination.INBOX,
        NotLoggedAction.DELETE: Destination.DELETED,
    }[not_logged]
