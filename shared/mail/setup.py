"""The Email Logging setup: what the administrator decides. One for the whole app."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.mail.outcome import NotLoggedAction


@dataclass(frozen=True, slots=True)
class EmailLoggingSetup:
    """Complete when there is a mailbox and a client id; nothing is read or moved until it is enabled."""

    mailboxes: tuple[str, ...] = ()
    """Addresses of the logging mailboxes, normalised."""
    client_id: str = ""
    """Application (client) id by which the app signs in to Microsoft Graph."""
    run_every_minutes: int = 1
    batch_size: int = 200
    """Messages asked for in one list request, 1 to 1000."""
    messages_not_logged: NotLoggedAction = NotLoggedAction.MOVE
    log_private_mail: bool = False
    """Log what the sender marked Private or Confidential, too."""
    log_automatic_mail: bool = False
    """Log bounces, automatic replies and newsletters, too, with the kind Automatic."""
    time_zone: str = "UTC"
    """IANA name. `date`, today, weeks and months are counted in it."""
    currency: str = "EUR"
    default_sales_cycle_code: str = "STANDARD"
    """The cycle of opportunities that name none."""
    enabled: bool = False
    enabled_at: datetime | None = None
    etag: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields that must be filled before logging can be enabled."""
        filled = {"mailboxes": bool(self.mailboxes), "clientId": bool(self.client_id)}
        return tuple(name for name, is_filled in filled.items() if not is_filled)

    def local_date(self, moment: datetime) -> date:
        """The calendar date of a moment in the setup's time zone."""
        return self.local_time(moment).date()

    def local_time(self, moment: datetime) -> datetime:
        """A moment as the clock in the setup's time zone shows it."""
        return moment.astimezone(ZoneInfo(self.time_zone))

    def start_of(self, day: date) -> datetime:
        """The moment, in UTC, at which a date begins in the setup's time zone."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def is_due(self, last_run: datetime | None, now: datetime) -> bool:
        """Whether a run is due. The timer ticks each minute a little unevenly: half a minute early is due."""
        return last_run is None or now - last_run >= timedelta(minutes=self.run_every_minutes, seconds=-30)
