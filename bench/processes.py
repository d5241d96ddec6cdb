"""What the kernel (Linux) knows of CPU time and memory. https://man7.org/linux/man-pages/man5/proc.5.html"""

import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def peak_kib() -> int:
    """The most memory that this process has had (VmHWM).

    Not `ru_maxrss`, which begins with the size of the process that started this one.
    """
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def cpu_seconds(process: int) -> float:
    """CPU time of a process since it began, its threads included."""
    # The name, which may hold anything, is in parentheses. User and system time are fields 14 and 15.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds() -> float:
    """CPU time of everything on this machine since it began, over all its processors."""
    fields = [int(field) for field in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    _, _, _, idle, waiting_for_disk, *_ = fields
    return (sum(fields) - idle - waiting_for_disk) / TICKS
