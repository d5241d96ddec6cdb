"""Timer triggers."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from local.hosting.timers import next_run
from local.processes import ProcessEndedError
from tests.host.small_host import HOST_JSON, SmallHost, eventually


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 */5 * * * *", "2026-11-23T12:05:00+00:00"),
        ("30 * * * * *", "2026-11-23T12:02:30+00:00"),
        ("0 0 3 * * 0", "2026-11-29T03:00:00+00:00"),
    ],
)
def test_schedules_have_seconds_first_and_sunday_is_0(schedule: str, expected: str) -> None:
    now = datetime(2026, 11, 23, 12, 2, 15, tzinfo=UTC)
    assert next_run(schedule, now).isoformat() == expected


def test_a_timer_fires_by_its_schedule_and_never_beside_itself(tmp_path: Path, environment: dict[str, str]) -> None:
    app = """
        import asyncio

        @app.timer_trigger(schedule="%OFTEN%", arg_name="timer")
        async def slow(timer: func.TimerRequest) -> None:
            seen.append(f"begin {timer.past_due}")
            await asyncio.sleep(1.2)
            seen.append("end")

        @app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer", run_on_startup=True)
        def at_the_start(timer: func.TimerRequest) -> None:
            seen.append("started")
    """
    host = SmallHost.start(tmp_path, app, environment | {"OFTEN": "* * * * * *"})
    try:
        eventually(lambda: host.seen().count("end") >= 2)
        runs = [line for line in host.seen() if line != "started"]
        assert runs[:4] == ["begin False", "end", "begin False", "end"]
        assert host.seen().count("started") == 1
    finally:
        host.child.stop()


def test_a_function_is_started_by_hand_and_stopped_when_it_runs_too_long(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    app = """
        import asyncio

        @app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer")
        async def endless(timer: func.TimerRequest) -> None:
            seen.append("begin")
            await asyncio.Event().wait()
    """
    host = SmallHost.start(tmp_path, app, environment, {**HOST_JSON, "functionTimeout": "00:00:01"})
    try:
        assert httpx.post(f"{host.url}/admin/functions/endless", json={}).status_code == 202
        eventually(lambda: "failed: stopped after 0:00:01, the functionTimeout" in host.log())
        assert host.seen() == ["begin"]
    finally:
        host.child.stop()


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("import nonsense", "No module named 'nonsense'"),
        (
            "@app.timer_trigger(schedule='every day', arg_name='t')\ndef f(t: func.TimerRequest) -> None: ...",
            "every day",
        ),
        ("@app.timer_trigger(schedule='0 * * * * *', arg_name='t')\ndef f(x: func.TimerRequest) -> None: ...", "f"),
        (
            "@app.blob_trigger(arg_name='b', path='a/b', connection='c')\ndef f(b: func.InputStream): ...",
            "no blobTrigger",
        ),
    ],
)
def test_an_app_that_is_wrong_stops_the_host_with_the_reason(
    tmp_path: Path, environment: dict[str, str], app: str, reason: str
) -> None:
    with pytest.raises(ProcessEndedError, match=r"(?s)ended with code 1.*" + reason):
        SmallHost.start(tmp_path, app, environment)
