"""Makes a fresh machine ready, and a machine that is ready costs 0.1 s. Run by every target of the Makefile.

    python3 local/set_up.py             Python packages in .venv, npm packages, front-end files
    python3 local/set_up.py --browser   Chromium too, for the tests

Before `.venv` exists any Python may run this, so it uses the standard library, and syntax that older ones can read.
A stamp (the hash of the files that name the packages) says what is installed; it is written when all is done.
"""

from __future__ import annotations

import fcntl
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from local.browser import chromium  # noqa: E402 (the project is not on the path of a Python that starts this file)

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOGS = ROOT / ".local" / "logs"
IS_PYTHON = "import sys; sys.exit(sys.version_info[:2] != (3, 13))"
NODE_VERSION = 20
FRONT_END = {
    "swagger-ui-dist": ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"],
}


class SetUpError(Exception):
    """This machine cannot be made ready; the text says what is missing."""


def main() -> None:
    """Exits with the reason when something is missing."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".local" / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another make at the same time waits here
        try:
            require_node()
            if not PYTHON.exists():
                python313()
            with ThreadPoolExecutor() as both:
                for part in [both.submit(python_packages), both.submit(npm_packages)]:
                    part.result()
            front_end_files()
            if "--browser" in sys.argv:
                browser()
        except SetUpError as problem:
            sys.exit(f"Cannot set up: {problem}")


def python_packages() -> None:
    files = [*sorted(ROOT.glob("requirements*.txt")), ROOT / ".python-version"]
    stamp, half_done = VENV / "set-up.sha256", VENV / "half-done"
    if PYTHON.exists() and is_stamped(stamp, files):
        return
    say("Python packages, about a minute the first time")
    if half_done.exists() or not works(
        [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info[:2] != (3, 13))"]
    ):
        run("venv", [python313(), "-m", "venv", "--clear", str(VENV)], "Is the venv module of Python installed?")
    half_done.touch()
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-r", "requirements-dev.txt"]
    run("pip", pip, "Is there a connection to a Python package index?")
    half_done.unlink()
    write_stamp(stamp, files)


def npm_packages() -> None:
    files = [ROOT / "package.json", ROOT / "package-lock.json"]
    stamp = ROOT / "node_modules" / "set-up.sha256"
    if is_stamped(stamp, files):
        return
    say("npm packages, about half a minute the first time")
    # `npm ci` empties node_modules first, the stamp included. No package of ours needs its install script.
    run(
        "npm", ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "Is there a connection to an npm registry?"
    )
    write_stamp(stamp, files)


def front_end_files() -> None:
    """Copies what pages load from npm packages to where the app serves it."""
    for package, names in FRONT_END.items():
        folder = ROOT / "shared" / "web" / "static" / "vendor" / package.replace("-dist", "")
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            source, copy = ROOT / "node_modules" / package / name, folder / name
            if not copy.exists() or not filecmp.cmp(str(source), str(copy), shallow=False):
                shutil.copyfile(str(source), str(copy))


def browser() -> None:
    """Chromium from the PATH, else from the system's packages where that needs no password, else from Playwright."""
    own = VENV / "playwright-chromium"
    if chromium() or own.exists():
        return
    say("Chromium, for the tests of the pages")
    apt = ["apt-get"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get"]
    install = [*apt, "install", "-y", "--no-install-recommends", "chromium"]
    if works([*apt, "update"]) and works(install) and chromium():
        return
    playwright = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    run("chromium", playwright, "Install Chromium so that `chromium` starts it, then try again.")
    own.touch()


def python313() -> str:
    """A Python of the wanted version. Raises SetUpError."""
    for name in ("python3", "python3.13"):
        path = shutil.which(name)
        if path and works([path, "-c", IS_PYTHON]):
            return path
    found = ".".join(map(str, sys.version_info[:2]))
    raise SetUpError(f"Python 3.13 is needed, and python3 is {found}. Install Python 3.13.")


def require_node() -> None:
    """Raises SetUpError."""
    for name in ("node", "npm"):
        if not shutil.which(name):
            raise SetUpError(f"{name} is missing. Install Node.js {NODE_VERSION} or newer, with npm.")
    version = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_VERSION:
        raise SetUpError(f"Node.js {NODE_VERSION} or newer is needed, and node is {version}.")


def is_stamped(stamp: Path, files: Sequence[Path]) -> bool:
    return stamp.exists() and stamp.read_text() == content_hash(files)


def write_stamp(stamp: Path, files: Sequence[Path]) -> None:
    stamp.write_text(content_hash(files))


def content_hash(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()


def works(command: list[str]) -> bool:
    """If a command can be run and succeeds."""
    try:
        return (
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        )
    except OSError:
        return False


def run(name: str, command: list[str], hint: str) -> None:
    """Raises SetUpError with the end of the command's output when it fails."""
    log = LOGS / f"set-up-{name}.log"
    # Tethered: an installer that outlives a killed set-up would work against the next one.
    tethered = [sys.executable, str(ROOT / "local" / "tethered.py"), str(os.getpid()), *command]
    with log.open("wb") as output:
        code = subprocess.run(tethered, cwd=str(ROOT), stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        tail = "\n".join("  | " + line for line in log.read_text(errors="replace").splitlines()[-15:])
        raise SetUpError(f"{' '.join(command[:4])} failed. {hint} The end of {log.relative_to(ROOT)}:\n{tail}")


def say(what: str) -> None:
    print(f"Setting up: {what} ...", flush=True)


if __name__ == "__main__":
    main()
