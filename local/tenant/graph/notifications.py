"""Delivers change notifications and lifecycle notices to whoever subscribed, with patience."""

import asyncio
import ssl
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
_ANSWER_WITHIN = 3.0  # seconds
_GIVE_UP_AFTER = timedelta(hours=4)
_HANDSHAKE_WITHIN = 10.0
# What arrives together is told together. The real Graph takes seconds to minutes.
_GATHER_SECONDS = 0.05
_LONGEST_PAUSE = 30.0


class Notifier:
    """Lives in the servers' event loop; `tell` may be called from any thread."""

    def __init__(self, authority: Path) -> None:
        self._authority = authority
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._waiting: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.delivered = 0
        self.failed_tries = 0

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        context = ssl.create_default_context(cafile=str(self._authority))
        self._client = httpx.AsyncClient(verify=context, timeout=_ANSWER_WITHIN, trust_env=False)

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._client:
            await self._client.aclose()
        self._loop = self._client = None

    def tell(self, url: str, notification: dict[str, Any]) -> None:
        """Deliver soon; 2xx within three seconds is a receipt, everything else is tried again for four hours."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._enqueue, url, notification)

    async def handshake(self, url: str) -> bool:
        """True if the address echoes the validation token as plain text with status 200 within ten seconds."""
        token = f"Validation: Testing client application reachability & more <{uuid.uuid4()}>"
        try:
            answer = await self._http().post(url, params={"validationToken": token}, timeout=_HANDSHAKE_WITHIN)
        except httpx.HTTPError:
            return False
        is_text = answer.headers.get("content-type", "").startswith("text/plain")
        return answer.status_code == httpx.codes.OK and is_text and answer.text == token

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("the box is not started")
        return self._client

    def _enqueue(self, url: str, notification: dict[str, Any]) -> None:
        self._waiting[url].append(notification)
        if url not in self._tasks:
            self._tasks[url] = asyncio.get_running_loop().create_task(self._deliver(url))

    async def _deliver(self, url: str) -> None:
        while self._waiting[url]:
            await asyncio.sleep(_GATHER_SECONDS)
            batch, self._waiting[url] = self._waiting[url], []
            await self._until_received(url, {"value": batch})
        del self._tasks[url]

    async def _until_received(self, url: str, body: dict[str, Any]) -> None:
        now: Callable[[], float] = asyncio.get_running_loop().time
        deadline, pause = now() + _GIVE_UP_AFTER.total_seconds(), 0.2
        while now() < deadline:
            try:
                answer = await self._http().post(url, json=body)
                if answer.is_success:
                    self.delivered += len(body["value"])
                    return
            except httpx.HTTPError:
                pass  # not reachable is the same as not received
            self.failed_tries += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
