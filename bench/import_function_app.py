"""How long a new instance takes to import the app, and what of it dominates."""

import re
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.figure import Figure

ROOT = Path(__file__).parent.parent
RUNS = 5
TARGET = 1.0
"""Seconds. Flex Consumption gives an app 30 s to start, on slower disks, and a person waits for the first page."""
IMPORT_TIME = re.compile(r"import time:\s+\d+ \|\s+(\d+) \|\s+(\S+)")


async def measure() -> list[Figure]:
    """The median of fresh interpreters."""
    runs = [seconds_to_import() for _ in range(RUNS)]
    return [Figure("import_function_app", median(runs), "s", TARGET, raw={"runs": runs, "dominant_ms": dominant()})]


def seconds_to_import() -> float:
    """Of the import alone: the interpreter's own start is not ours."""
    code = "import time; began = time.perf_counter(); import function_app; print(time.perf_counter() - began)"
    return round(float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)), 3)


def dominant(count: int = 12) -> dict[str, float]:
    """The modules that take longest, with what they import themselves, in ms."""
    command = [sys.executable, "-X", "importtime", "-c", "import function_app"]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    modules = {match[2]: int(match[1]) / 1000 for match in IMPORT_TIME.finditer(report)}
    return dict(sorted(modules.items(), key=lambda module: -module[1])[:count])
