"""How long a functions host takes from its start to its first good answer."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from bench.figure import Figure
from local.azurite import Azurite
from local.functions_process import start_functions
from local.processes import free_port
from local.tenant import Tenant

RUNS = 5
TARGET = 3.0
"""Seconds: a tenth of what Flex Consumption allows."""


async def measure() -> list[Figure]:
    """The median of fresh processes."""
    runs = seconds_to_answer()
    return [Figure("host_start", median(runs), "s", TARGET, raw={"runs": runs})]


def seconds_to_answer() -> list[float]:
    """With storage and tenant up, as they are in Azure."""
    with TemporaryDirectory() as folder:
        azurite = Azurite()
        azurite.start()
        tenant = Tenant("nordurljos.example", "log@nordurljos.example", Path(folder) / "certificates")
        tenant.start()
        try:
            settings = tenant.settings() | {"AzureWebJobsStorage": azurite.account()}
            return [_seconds_of_one(settings, Path(folder) / "host.log") for _ in range(RUNS)]
        finally:
            tenant.stop()
            azurite.stop()


def _seconds_of_one(settings: dict[str, str], log: Path) -> float:
    port = free_port()
    began = time.perf_counter()
    child = start_functions(settings, port, log)
    try:
        child.wait_until(lambda: _answers(f"http://127.0.0.1:{port}/api/health"), seconds=60)
        return round(time.perf_counter() - began, 3)
    finally:
        child.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
