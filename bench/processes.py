"""What the kernel knows of a process: its CPU time and its memory. https://man7.org/linux/man-pages/man5/proc.5.html"""

import os
import re
from pathlib import Path


def peak_kib() -> int:
    """The most memory that this process has had (VmHWM).

    Not `ru_maxrss`, which begins with the size of the process that started this one.
    """
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def cpu_seconds(process: int) -> float:
    """CPU time of a process since it began, its threads included."""
    # The name, which may hold anything, is in parentheses. User and system time are fields 14 and 15.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
