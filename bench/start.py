"""How long a new instance takes: importing function_app, and a host that answers its first request."""

import re
import subprocess
import sys
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

ROOT = Path(__file__).parent.parent
RUNS = 5
IMPORT_TARGET = 1.0
HOST_TARGET = 3.0
"""Seconds. Flex Consumption gives an app 30 s, on a slower disk, and a person waits for the first page."""
IMPORT_TIME = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")


async def measure() -> list[Figure]:
    """Medians of fresh interpreters, in seconds."""
    imports = [seconds_to_import() for _ in range(RUNS)]
    starts = seconds_to_answer()
    return [
        Figure(
            "import_function_app", median(imports), "s", IMPORT_TARGET, raw={"runs": imports, "dominant": dominant()}
        ),
        Figure("host_start", median(starts), "s", HOST_TARGET, raw={"runs": starts}),
    ]


def seconds_to_import() -> float:
    """Of the import alone: the interpreter's own start is not ours."""
    code = "import time; began = time.perf_counter(); import function_app; print(time.perf_counter() - began)"
    return round(float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)), 3)


def dominant(count: int = 12) -> dict[str, float]:
    """Milliseconds, with all that they import, of the outermost packages that take longest."""
    command = [sys.executable, "-X", "importtime", "-c", "import function_app"]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    slowest: dict[str, float] = {}
    for match in IMPORT_TIME.finditer(report):
        package = match[4]
        if package.count(".") <= 2:
            slowest[package] = max(slowest.get(package, 0), int(match[2]) / 1000)
    return dict(sorted(slowest.items(), key=lambda pair: -pair[1])[:count])


def seconds_to_answer() -> list[float]:
    """From the start of the host's process to its first good answer."""
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
