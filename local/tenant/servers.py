"""HTTPS and SMTP on this machine, in a thread with an event loop of its own."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from local.tenant import smtp
from local.tenant.exchange import Exchange
from local.tenant.hang_up import BreakableConnection

_READY_WITHIN = 10.0  # seconds


class _Https(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """At once: idle clients would otherwise keep their connections, and TLS waits for their goodbye."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


class Servers:
    """Ports are taken at once, so that addresses are known before anything runs."""

    def __init__(self, https_port: int, smtp_port: int) -> None:
        self._https, self._smtp = _bound(https_port), _bound(smtp_port)
        self.https_port: int = self._https.getsockname()[1]
        self.smtp_port: int = self._smtp.getsockname()[1]
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: Exception | None = None

    def start(
        self,
        application: Starlette,
        exchange: Exchange,
        certificate: Path,
        began: Callable[[], Awaitable[None]],
        ends: Callable[[], Awaitable[None]],
    ) -> None:
        """Returns when both ports answer. `began` and `ends` run in the servers' event loop."""
        self._uvicorn = _Https(
            uvicorn.Config(
                application,
                http=BreakableConnection,
                ssl_certfile=certificate,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                timeout_graceful_shutdown=1,
            ),
            self._ready,
        )
        serving = self._serve(self._uvicorn, exchange, began, ends)
        self._thread = threading.Thread(target=self._run, args=(serving,), name="tenant in a box", daemon=True)
        self._thread.start()
        if not self._ready.wait(_READY_WITHIN) or self._failure:
            raise RuntimeError("the box did not start") from self._failure

    def stop(self) -> None:
        """Returns when both ports are closed and the thread has ended."""
        if self._uvicorn and self._thread:
            self._uvicorn.should_exit = True
            self._thread.join()
        self._https.close()
        self._smtp.close()

    def _run(self, serving: Coroutine[None, None, None]) -> None:
        try:
            asyncio.run(serving)
        except Exception as error:  # the edge of a thread: hand it to the one who waits
            self._failure = error
            self._ready.set()

    async def _serve(
        self,
        server: uvicorn.Server,
        exchange: Exchange,
        began: Callable[[], Awaitable[None]],
        ends: Callable[[], Awaitable[None]],
    ) -> None:
        loop = asyncio.get_running_loop()
        await began()
        mail = await loop.create_server(lambda: smtp.connection(exchange, loop), sock=self._smtp)
        try:
            await server.serve(sockets=[self._https])
        finally:
            mail.close()
            mail.close_clients()
            await ends()


def _bound(port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY on what is accepted; without, answers wait 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening
