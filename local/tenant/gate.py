"""The gate before every service: counts, limits and failures, as the knobs say."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from local.tenant.graph.errors import GraphError
from local.tenant.hang_up import HangUp
from local.tenant.knobs import Fault, Knobs

type Work = Callable[[Request], Awaitable[Response]]


class Gate:
    """Everything that is asked of the box goes through here."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        self._in_flight: Counter[str] = Counter()
        self._windows: dict[str, tuple[datetime, int]] = {}
        self.reset()

    def reset(self) -> None:
        """Forget the counts."""
        self.requests: Counter[str] = Counter()
        self.requests_by_mailbox: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.refused: Counter[str] = Counter()
        self.most_concurrent: Counter[str] = Counter()

    def before(self, service: str, kind: str, work: Work) -> Work:
        """An endpoint that does this work, counted as this kind, if the gate lets it through."""

        async def endpoint(request: Request) -> Response:
            mailbox = str(request.path_params.get("address", "")).lower()
            self.requests[kind] += 1
            if service in self._knobs.down:
                self.refused["down"] += 1
                return HangUp()
            if not mailbox:
                return await self._at_risk(request, work)
            self.requests_by_mailbox[mailbox][kind] += 1
            self._in_flight[mailbox] += 1
            try:
                self._limit(mailbox)
                return await self._at_risk(request, work)
            except GraphError as error:
                return error.response()
            finally:
                self._in_flight[mailbox] -= 1

        return endpoint

    def _limit(self, mailbox: str) -> None:
        """Refused requests count for the quota too, as in Graph."""
        now, knobs = self._knobs.now(), self._knobs
        began, used = self._windows.get(mailbox, (now, 0))
        if now >= began + timedelta(seconds=knobs.quota_seconds):
            began, used = now, 0
        self._windows[mailbox] = began, used + 1
        if knobs.quota is not None and used >= knobs.quota:
            self.refused["quota"] += 1
            wait = began + timedelta(seconds=knobs.quota_seconds) - now
            raise GraphError.throttled("RequestQuota", retry_after=int(wait.total_seconds()) + 1)
        if knobs.concurrent_per_mailbox is not None and self._in_flight[mailbox] > knobs.concurrent_per_mailbox:
            self.refused["concurrency"] += 1
            raise GraphError.throttled("MailboxConcurrency", retry_after=1)
        self.most_concurrent[mailbox] = max(self.most_concurrent[mailbox], self._in_flight[mailbox])

    async def _at_risk(self, request: Request, work: Work) -> Response:
        fault = self._knobs.striking(f"{request.method} {request.url.path}")
        if fault and fault.action != "slow":
            self.refused[fault.action] += 1
        delay = self._knobs.latency_ms + (fault.delay_ms if fault else 0)
        if delay:
            await asyncio.sleep(delay / 1000)
        if fault is None or fault.action == "slow":
            return await work(request)
        if fault.action == "reset-after":
            await work(request)
        return _failure(fault)


def _failure(fault: Fault) -> Response:
    match fault.action:
        case "429":
            return GraphError.throttled("MailboxConcurrency", fault.retry_after).response()
        case "429-no-retry-after":
            return GraphError.throttled("MailboxConcurrency", None).response()
        case "503":
            return GraphError(503, "ServiceUnavailable", "The service is temporarily unavailable.").response()
        case "500":
            return GraphError.internal().response()
        case _:
            return HangUp()
