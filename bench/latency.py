"""How soon the API shows a mail that SMTP has taken, with everything up as `make run` starts it."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import httpx

from bench.figure import Figure
from bench.stage import DOMAIN
from local.api import Api
from local.demonstration import add_people
from local.endpoints import FILE, Endpoints
from local.processes import Child
from local.sample import company
from local.send import send

SINGLE_MAILS = 40
BURSTS = 8
MAILS_IN_A_BURST = 5
PAUSE = 3.0
"""Seconds between two sendings on the average: long enough that the queue is mostly asked less and less often."""
LOOK_EVERY = 0.1
"""Seconds between two looks at the API, while mail is on its way: a twentieth of the target."""
LOST_AFTER = 150
"""Seconds. The timer's tick finds within a minute what no notification has told."""
TARGET = 2.0
SEED = 1


@dataclass
class Watch:
    """Mails that are on their way, with the moment when SMTP took them, and how long others have taken."""

    smtp: str
    reader: httpx.AsyncClient
    on_their_way: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def send(self, mails: list[EmailMessage]) -> None:
        """One after the other over one connection."""
        raw = (mail.as_bytes(policy=policy.SMTP) for mail in mails)
        for mail, _ in zip(mails, send(self.smtp, raw), strict=True):
            self.on_their_way[mail["Message-ID"]] = time.perf_counter()

    async def follow(self, work: Coroutine[None, None, None]) -> list[float]:
        """Seconds until each mail was shown, of all that the work sends. Raises TimeoutError when one is not."""
        sending = asyncio.create_task(work)
        while not sending.done() or self.on_their_way:
            if self.on_their_way:
                await self._look()
            await asyncio.sleep(LOOK_EVERY)
        await sending
        taken, self.seconds = self.seconds, []
        return taken

    async def _look(self) -> None:
        answer = await self.reader.get("interactions", params={"top": SINGLE_MAILS})
        answer.raise_for_status()
        now = time.perf_counter()
        for entry in answer.json()["value"]:
            if taken := self.on_their_way.pop(entry["message"]["internetMessageId"], None):
                self.seconds.append(now - taken)
        if lost := [mail for mail, taken in self.on_their_way.items() if now - taken > LOST_AFTER]:
            raise TimeoutError(f"{len(lost)} mails are not shown after {LOST_AFTER} seconds")


async def measure() -> list[Figure]:
    """The 95th percentile of single mails and bursts together."""
    with running() as endpoints:
        headers = {"Authorization": f"Bearer {endpoints.tokens['reader']}"}
        async with httpx.AsyncClient(base_url=endpoints.api, headers=headers, trust_env=False) as reader:
            watch, mails = Watch(endpoints.smtp, reader), arriving()
            single = await watch.follow(send_at_random_moments(watch, mails, SINGLE_MAILS, 1))
            bursts = await watch.follow(send_at_random_moments(watch, mails, BURSTS, MAILS_IN_A_BURST))
    raw = {
        "single_mails": spread(single),
        f"bursts_of_{MAILS_IN_A_BURST}": spread(bursts),
        "looked_every_seconds": LOOK_EVERY,
        "seed": SEED,
    }
    return [Figure("latency", spread(single + bursts)["p95"], "s", TARGET, raw=spread(single + bursts) | raw)]


def arriving() -> Iterator[EmailMessage]:
    """Mails that are made when they are asked for. Each makes one entry."""
    people = company(DOMAIN)
    for number in count():
        yield people.arriving(datetime.now(UTC), number)


async def send_at_random_moments(watch: Watch, mails: Iterator[EmailMessage], times: int, at_once: int) -> None:
    """So many mails at once, so many times."""
    random = Random(SEED)
    for _ in range(times):
        await asyncio.sleep(random.expovariate(1 / PAUSE))
        await asyncio.to_thread(watch.send, list(islice(mails, at_once)))


@contextmanager
def running() -> Iterator[Endpoints]:
    """`make run` with the sample company's people, and with change notifications on."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "run.log"
        wishes = {"EMPTY": "1", "SETUP": "", "DOMAIN": DOMAIN, "SIGN_IN": "required"}
        child = Child.start("make run", [sys.executable, "-m", "local", "run"], log, os.environ | wishes)
        try:
            child.wait_until(lambda: "Ready after" in log.read_text(), seconds=120)
            endpoints = Endpoints(**json.loads(FILE.read_text()))
            api = Api(endpoints.api, endpoints.tokens["admin"])
            add_people(api, company(DOMAIN), lambda _: None)
            child.wait_until(lambda: bool(api.get("email-logging/status")["notifications"]), seconds=90)
            api.close()
            yield endpoints
        finally:
            child.stop(grace_seconds=30)


def spread(seconds: list[float]) -> dict[str, float]:
    """Of some measured times, in seconds."""
    p95 = quantiles(seconds, n=20, method="inclusive")[-1]
    figures = {"p50": median(seconds), "p95": p95, "max": max(seconds)}
    return {name: round(value, 3) for name, value in figures.items()} | {"count": len(seconds)}
