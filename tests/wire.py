"""A wire that can be watched and cut: it stands between the product and a service, and passes every call on.

wire = Wire()
async with wire.to("http://127.0.0.1:10002") as url: ...   # whoever talks to url talks to the service
async with wire.to_tables(storage) as watched: ...         # the same for the tables of a storage account
wire.calls                                                 # what went over it
wire.cut(3, Cut.AFTER, task.cancel)                        # the third call from now is done, and never answered
wire.meets = ...                                           # is asked what befalls each call, and may act before it
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from aiohttp import ClientConnectionError, ClientSession, DummyCookieJar, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}
TABLES = re.compile(r"TableEndpoint=([^;]+)")
_SLOW = 2.0  # seconds


class Cut(StrEnum):
    """Where a wire is cut: before a call is passed on, or after the service has done it."""

    BEFORE = "before"
    AFTER = "after"


class Trouble(StrEnum):
    """What befalls a single call."""

    BUSY = "503"
    BUSY_AFTER = "503 after the work"
    STALE = "412"
    RESET_BEFORE = "reset before the work"
    RESET_AFTER = "reset after the work"
    SLOW = "slow"


_UNDONE = {Trouble.BUSY, Trouble.STALE, Trouble.RESET_BEFORE}


@dataclass(frozen=True)
class Call:
    """One call, as it was sent."""

    method: str
    url: URL
    body: bytes
    if_match: str = ""

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


class Wire:
    """Counts the calls to all services that it leads to. Once cut, it passes nothing on and answers nothing."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._closing = asyncio.Event()
        self.passing = 0
        """Calls that are at their service now."""
        self.is_cut = False
        self._cut_at, self._where = 0, Cut.BEFORE
        self._then: Callable[[], object] = lambda: None
        self.meets: Callable[[Call], Awaitable[Trouble | None]] = _nothing

    def cut(self, number: int, where: Cut, then: Callable[[], object]) -> None:
        """Will cut the wire at a call, counted from 1 and from now, and do `then`."""
        self._cut_at, self._where, self._then = len(self.calls) + number, where, then

    def mend(self) -> None:
        """Takes the cut away, reached or not. Calls that it silenced stay without an answer."""
        self.is_cut, self._cut_at = False, 0

    @asynccontextmanager
    async def to(self, service: str, certificate: Path | None = None) -> AsyncIterator[str]:
        """The URL at which this wire leads to a service; with a certificate, by TLS."""
        async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False, trust_env=False) as session:

            async def pass_on(request: web.Request) -> web.Response:
                return await self._pass_on(session, service, request)

            runner = web.ServerRunner(web.Server(pass_on), shutdown_timeout=1)  # type: ignore[arg-type]
            await runner.setup()
            tls = None
            if certificate:
                tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                tls.load_cert_chain(certificate)
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
            await site.start()
            try:
                yield f"https://localhost:{_port(runner)}" if tls else f"http://127.0.0.1:{_port(runner)}"
            finally:
                self._closing.set()
                await runner.cleanup()

    @asynccontextmanager
    async def to_tables(self, storage: str) -> AsyncIterator[str]:
        """The connection string of the same storage, with this wire in front of its tables."""
        service = URL(TABLES.search(storage)[1]).origin()  # type: ignore[index]
        async with self.to(str(service)) as url:
            yield storage.replace(f"TableEndpoint={service}", f"TableEndpoint={url}")

    async def _pass_on(self, session: ClientSession, service: str, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionResetError:  # whoever was sending it has died
            return web.Response()
        if self._is_silent():
            return await self._silence()
        call = Call(request.method, URL(request.raw_path, encoded=True), body, request.headers.get("If-Match", ""))
        self.calls.append(call)
        is_last = len(self.calls) == self._cut_at
        trouble = await self.meets(call)
        if trouble in _UNDONE:
            return _troubled(trouble, request)
        if is_last and self._where is Cut.BEFORE:
            return await self._end()
        self.passing += 1
        try:
            url = URL(service + request.raw_path, encoded=True)
            # With the caller's Host: storage signs the path alone.
            headers = _passed_on(request.headers)
            async with session.request(
                request.method, url, data=body or None, headers=headers, allow_redirects=False
            ) as done:
                answer = web.Response(status=done.status, headers=_passed_on(done.headers), body=await done.read())
        except ClientConnectionError:
            return _troubled(Trouble.RESET_AFTER, request)
        finally:
            self.passing -= 1
        if trouble:
            await asyncio.sleep(_SLOW if trouble is Trouble.SLOW else 0)
            answer = answer if trouble is Trouble.SLOW else _troubled(trouble, request)
        if is_last:
            return await self._end()
        return await self._silence() if self._is_silent() else answer

    async def _end(self) -> web.Response:
        self.is_cut = True
        self._then()
        return await self._silence()

    def _is_silent(self) -> bool:  # asked again after an await: a type checker takes an attribute for unchanged
        return self.is_cut

    async def _silence(self) -> web.Response:
        await self._closing.wait()
        raise web.HTTPServiceUnavailable


async def _nothing(_call: Call) -> Trouble | None:
    return None


def _troubled(trouble: Trouble, request: web.Request) -> web.Response:
    """A busy service's answer, a stale row's, or a connection that is closed without one."""
    if trouble in {Trouble.RESET_BEFORE, Trouble.RESET_AFTER} and request.transport:
        request.transport.abort()
    return web.Response(status=412 if trouble is Trouble.STALE else 503)


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION)


def _port(runner: web.ServerRunner) -> int:
    port: int = runner.addresses[0][1]
    return port
