"""`python tethered.py PARENT_PID COMMAND...` becomes COMMAND, and dies when its parent dies, even by SIGKILL.

The kernel promises this on Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere COMMAND simply runs.
A program of its own, because the call has to be made in the child, and code between fork and exec is not safe in a
parent that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent has ended already")
    os.execvp(command[0], command)
