"""The benchmarks say what they measured: their figures, and what they read from the kernel."""

import json
import os
import time
from pathlib import Path

import pytest

from bench.__main__ import names
from bench.figure import Figure
from bench.latency import spread
from bench.mailboxes import what_binds
from bench.processes import cpu_seconds, machine_seconds, peak_kib

REPORT = Path(__file__).parent.parent / "docs" / "performance.md"


@pytest.mark.parametrize(
    ("value", "more_is_better", "ok"),
    [(2.0, False, True), (2.1, False, False), (2.0, True, True), (1.9, True, False)],
)
def test_a_figure_says_whether_its_target_of_two_is_met(value: float, more_is_better: bool, ok: bool) -> None:
    line = json.loads(Figure("name", value, "s", 2.0, more_is_better, {"count": 1}).line())
    assert line == {"bench": "name", "value": value, "unit": "s", "target": 2.0, "ok": ok, "raw": {"count": 1}}


def test_every_benchmark_is_in_the_report() -> None:
    assert [name for name in names() if f"`{name}`" not in REPORT.read_text("utf-8")] == []


def test_one_late_mail_in_a_hundred_is_the_maximum_and_not_the_95th_percentile() -> None:
    assert spread([1.0] * 99 + [60.0]) == {"p50": 1.0, "p95": 1.0, "max": 60.0, "count": 100}
    assert spread([1.0] * 90 + [60.0] * 10)["p95"] == 60.0


@pytest.mark.parametrize(
    ("worker", "machine", "binds"),
    [(0.95, 1.2, "worker"), (0.5, 1.9, "the machine's cores"), (0.5, 1.0, "Exchange")],
)
def test_what_is_full_binds(worker: float, machine: float, binds: str) -> None:
    assert what_binds({"worker": worker, "storage": 0.3, "machine": machine}, processors=2) == binds


def test_cpu_time_and_memory_of_this_process_are_those_that_it_uses() -> None:
    began, used, machine, held = time.process_time(), cpu_seconds(os.getpid()), machine_seconds(), b""
    while time.process_time() < began + 0.2:
        held = b"x" * (1 << 28)
    assert cpu_seconds(os.getpid()) - used == pytest.approx(time.process_time() - began, abs=0.05)
    assert machine_seconds() - machine > 0.1
    assert len(held) < peak_kib() * 1024 < 1 << 32
