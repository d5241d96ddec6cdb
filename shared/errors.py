"""Every error that the product raises on purpose.

ProductError                      message: one plain sentence, fit to be shown
├── Unavailable                   worth trying again; the API answers 503 with Retry-After
│   ├── GraphUnavailable          Microsoft Graph did not answer
│   │   └── GraphThrottled        Microsoft Graph asked us to slow down, and did nothing
│   ├── StorageUnavailable        Table or Queue Storage did not answer
│   └── VaultUnavailable          Key Vault did not answer, or has no such secret
├── SignInRefused                 Entra ID refused the app's client id or secret
├── MailboxRefused                the mailbox does not exist, or the app may not open it
├── LeaseLost                     another worker has taken the mailbox over
├── MessageFailed                 one message could not be handled; the others can
├── RowRefused                    Table Storage will not keep a row as it is, however often it is asked
├── FolderGone                    a folder is no longer in the mailbox
├── MessageGone                   the message is no longer in the mailbox
├── Invalid                       bad input, with the fields at fault; the API answers 422
├── NotFound                      no such thing; 404
├── Stale                         somebody else changed it first; 412
└── Conflict                      its state does not allow this; 409
"""


class ProductError(Exception):
    """Base of the tree. `retry` says whether the same call may succeed later without anybody doing anything."""

    retry = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unavailable(ProductError):
    """Something outside does not answer. `retry_after` is in seconds."""

    retry = True

    def __init__(self, message: str, retry_after: float = 30) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class GraphUnavailable(Unavailable):
    """Microsoft Graph did not answer. It may have done what it was asked to do."""


class GraphThrottled(GraphUnavailable):
    """Microsoft Graph asked us to slow down, and did nothing."""


class StorageUnavailable(Unavailable):
    """Azure Storage did not answer."""


class VaultUnavailable(Unavailable):
    """Key Vault did not answer, or does not hold the secret."""


class SignInRefused(ProductError):
    """Entra ID refused the app. Somebody has to correct the client id or the secret."""


class MailboxRefused(ProductError):
    """The mailbox does not exist or is closed to the app."""


class LeaseLost(ProductError):
    """Another worker has taken the mailbox over, and will do the rest."""


class MessageFailed(ProductError):
    """One message could not be handled, for a reason of its own."""


class RowRefused(ProductError):
    """Table Storage will not keep a row as it is: too large, or with something in it that no table takes."""


class FolderGone(ProductError):
    """A folder is in the mailbox no more: somebody deleted it."""


class MessageGone(ProductError):
    """The message is in no folder of the mailbox any more."""


class Invalid(ProductError):
    """Bad input. `fields` maps the name of each field at fault to what is wrong with it."""

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class NotFound(ProductError):
    """There is no such thing."""


class Stale(ProductError):
    """The thing was changed after the caller read it."""

    def __init__(self, message: str = "Somebody else changed this in the meantime. Read it again.") -> None:
        super().__init__(message)


class Conflict(ProductError):
    """The state of the thing does not allow what was asked."""
