"""What a benchmark of the drain stands on: storage and a tenant in processes of their own, and mail that waits."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from local.azurite import Azurite
from local.functions_process import NOT_INHERITED
from local.send import send

DOMAIN = "nordurljos.example"
LOGGING_MAILBOX = f"log@{DOMAIN}"


@dataclass(frozen=True)
class Stage:
    """A running tenant, and the environment of an app that uses it."""

    settings: dict[str, str]
    smtp: str
    url: str
    storage_log: Path
    processes: Mapping[str, int]
    """Their ids, by name."""

    def put_mail(self, mails: Iterator[bytes], mailbox: str = LOGGING_MAILBOX) -> None:
        """Mail straight to a logging mailbox, as the mail flow rules' BCC brings it."""
        for _ in send(self.smtp, mails, mailbox):
            pass

    def turn(self, **knobs: object) -> None:
        """Turns knobs of the tenant, and begins to count its requests anew."""
        with self._client() as client:
            client.put("/box/knobs", json=knobs).raise_for_status()
            client.post("/box/reset").raise_for_status()

    def state(self) -> dict[str, Any]:
        """What the tenant has counted, and what is in its folders."""
        with self._client() as client:
            state: dict[str, Any] = client.get("/box/state").json()
            return state

    def storage_requests(self) -> int:
        """How many requests storage has written into its log, where it does."""
        return len(_REQUEST.findall(self.storage_log.read_text(errors="replace")))

    def work(self, *arguments: str) -> dict[str, Any]:
        """Runs `python -m bench.worker` and returns what it says of itself."""
        command = [sys.executable, "-m", "bench.worker", *arguments]
        done = subprocess.run(command, env=self.settings, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.settings["SSL_CERT_FILE"], trust_env=False)


_REQUEST = re.compile(r'"(?:GET|POST|PUT|MERGE|PATCH|DELETE) /')


@contextmanager
def stage(*, log_requests: bool = False) -> Iterator[Stage]:
    """Starts storage and tenant, each in a process of its own, and ends them."""
    with TemporaryDirectory() as folder:
        storage_log = Path(folder) / "azurite.log"
        azurite = Azurite(log=storage_log, log_requests=log_requests)
        storage = azurite.start()
        command = [sys.executable, "-m", "local", "tenant", "--domain", DOMAIN, "--folder", str(Path(folder))]
        tenant = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            ready = json.loads(tenant.stdout.readline() if tenant.stdout else "")
            inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
            settings = inherited | ready["settings"] | {"AzureWebJobsStorage": azurite.account()}
            yield Stage(
                settings=settings | {"BENCH_CLIENT_ID": ready["clientId"]},
                smtp=ready["smtp"],
                url=ready["url"],
                storage_log=storage_log,
                processes={"storage": storage.process.pid, "tenant": tenant.pid},
            )
        finally:
            tenant.terminate()
            tenant.wait()
            azurite.stop()
