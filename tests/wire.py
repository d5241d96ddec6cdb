"""A wire that can be watched and cut: it stands between the product and a service, and passes every call on.

wire = Wire()
async with wire.to("http://127.0.0.1:10002") as url: ...   # whoever talks to url talks to the service
async with wire.to_tables(storage) as watched: ...         # the same for the tables of a storage account
wire.calls                                                 # what went over it
wire.cut(3, Cut.AFTER, task.cancel)                        # the third call from now is done, and never answered
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from aiohttp import ClientSession, DummyCookieJar, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_TABLES = re.compile(r"TableEndpoint=([^;]+)")


class Cut(StrEnum):
    """Where a wire is cut: before a call is passed on, or after the service has done it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Call:
    """One call, as it was sent."""

    method: str
    url: URL
    body: bytes

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
        service = URL(_TABLES.search(storage)[1]).origin()  # type: ignore[index]
        async with self.to(str(service)) as url:
            yield storage.replace(f"TableEndpoint={service}", f"TableEndpoint={url}")

    async def _pass_on(self, session: ClientSession, service: str, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionResetError:  # whoever was sending it has died
            return web.Response()
        if self._is_silent():
            return await self._silence()
        self.calls.append(Call(request.method, URL(request.raw_path, encoded=True), body))
        is_last = len(self.calls) == self._cut_at
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
        finally:
            self.passing -= 1
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


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION)


def _port(runner: web.ServerRunner) -> int:
    port: int = runner.addresses[0][1]
    return port
