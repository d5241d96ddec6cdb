"""What a test or a benchmark may turn while the box runs: delays, limits, failures, time."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

type Action = Literal["429", "429-no-retry-after", "503", "500", "reset-before", "reset-after", "slow"]
_ACTIONS = get_args(Action.__value__)


@dataclass
class Fault:
    """Something goes wrong with requests whose "METHOD /path" the expression finds.

    The first `after` matches go well, then `times` of them fail (None: all). `reset-before` closes the connection
    without doing the work, `reset-after` does it and answers nothing. `slow` waits `delay_ms` and goes on.
    """

    match: str
    action: Action
    times: int | None = 1
    after: int = 0
    retry_after: int = 1  # seconds
    delay_ms: float = 0
    seen: int = 0

    def __post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.PatternError as error:
            raise ValueError(f"{self.match!r} is no regular expression: {error}") from error
        if self.action not in _ACTIONS:
            raise ValueError(f"{self.action!r} is none of {', '.join(_ACTIONS)}")

    def strikes(self, request_line: str) -> bool:
        """Count a request that matches; true if this one has to fail."""
        if not re.search(self.match, request_line):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


@dataclass
class Knobs:
    """Defaults are what Exchange Online does to a well-behaved client."""

    latency_ms: float = 0
    concurrent_per_mailbox: int | None = 4  # None: no limit. https://learn.microsoft.com/graph/throttling-limits
    quota: int | None = 10_000  # requests for each mailbox in quota_seconds; None: no limit
    quota_seconds: int = 600
    faults: list[Fault] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)  # immutable or Internet message ids that break reading
    unmovable: set[str] = field(default_factory=set)  # the same, for moving
    down: set[str] = field(default_factory=set)  # of "graph", "vault", "entra": connections are closed unanswered
    graph_roles: list[str] = field(default_factory=lambda: ["Mail.ReadWrite"])  # what an administrator consented to
    token_lifetime_seconds: int = 3600
    notifications: bool = True  # False: Graph accepts subscriptions and stays silent
    clock_offset_seconds: float = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """The box's time (UTC): received times, token lifetimes, subscriptions, quota."""
        return self.clock() + timedelta(seconds=self.clock_offset_seconds)

    def striking(self, request_line: str) -> Fault | None:
        """The first fault that this request runs into."""
        return next((fault for fault in self.faults if fault.strikes(request_line)), None)

    def as_json(self) -> dict[str, Any]:
        """Everything but the clock itself, under the names of the fields."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "clock"}
        values["faults"] = [vars(fault) for fault in self.faults]
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}

    def change(self, values: dict[str, Any]) -> None:
        """Set the knobs that are named, leave the others. Raises ValueError for what is no knob."""
        unknown = values.keys() - self.as_json().keys()
        if unknown:
            raise ValueError(f"no such knob: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            if name == "faults":
                value = [Fault(**fault) for fault in value]
            elif isinstance(getattr(self, name), set):
                value = set(value)
            setattr(self, name, value)
