"""Programs that we start end when we end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from local.azurite import Azurite
from local.processes import Child, ProcessEndedError, free_port
from tests.host.small_host import eventually


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from local.processes import Child; import time;"
        f"print(Child.start('sleep', ['sleep', '600'], Path({str(tmp_path / 'log')!r})).process.pid, flush=True);"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: not is_running(child))


def test_a_child_that_does_not_listen_to_reason_is_killed(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo ready; while true; do sleep 1; done"
    child = Child.start("stubborn", ["sh", "-c", stubborn], tmp_path / "log")
    child.wait_until(lambda: "ready" in child.log_tail(), seconds=10)
    child.stop(grace_seconds=0.2)
    assert not child.alive()


def test_a_child_that_ends_says_why(tmp_path: Path) -> None:
    child = Child.start("short", ["sh", "-c", "echo no more paper; exit 3"], tmp_path / "log")
    with pytest.raises(ProcessEndedError, match=r"(?s)short ended with code 3.*no more paper"):
        child.wait_until(lambda: False, seconds=10)


def test_a_port_that_is_taken_is_not_given_again() -> None:
    port = free_port()
    assert free_port(port) == port


def test_accounts_of_one_azurite_share_nothing() -> None:
    azurite = Azurite(accounts=2)
    azurite.start()
    try:
        first, second = (TableServiceClient.from_connection_string(azurite.account()) for _ in range(2))
        with first, second:
            first.create_table("things")
            assert [table.name for table in first.list_tables()] == ["things"]
            assert list(second.list_tables()) == []
        with pytest.raises(LookupError, match="all 2 storage accounts are taken"):
            azurite.account()
    finally:
        azurite.stop()
