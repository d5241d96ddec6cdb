"""Where the tests find Chromium."""

from __future__ import annotations

import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The Chromium of this machine that works; None: use the one that Playwright installs itself."""
    for path in filter(None, map(shutil.which, NAMES)):
        # On Ubuntu without snap there is a program of that name which only says that it is not there.
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None
