"""Azurite, Microsoft's storage emulator, kept in memory and gone when stopped.

azurite = Azurite(accounts=3)
azurite.start()
connection_string = azurite.account()   # the next account, empty
azurite.stop()
"""

import base64
import hashlib
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from local.processes import Child

ENTRY = Path(__file__).parent.parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (http://\S+)")
FLAGS = [
    "--inMemoryPersistence",
    "--skipApiVersionCheck",  # the queue SDK asks for a newer API than Azurite knows
    "--disableTelemetry",
    *("--blobPort", "0", "--queuePort", "0", "--tablePort", "0"),
]


class Azurite:
    """One Azurite with so many accounts, each an empty storage of its own."""

    def __init__(self, accounts: int = 1, log: Path | None = None, *, log_requests: bool = False) -> None:
        # Without a line for each request; the ports are printed all the same.
        self._flags = FLAGS if log_requests else ["--silent", *FLAGS]
        self._own_folder = None if log else TemporaryDirectory(prefix="azurite-")
        self._log = log or Path(self._own_folder.name if self._own_folder else "", "azurite.log")
        self._keys = {f"account{number:04}": _key(number) for number in range(accounts)}
        self._unused = iter(self._keys)
        self._urls: dict[str, str] = {}
        self._child: Child | None = None

    def start(self) -> Child:
        """The process, listening. Raises ProcessEndedError when it does not come up, FileNotFoundError without Node."""
        node = shutil.which("node")
        if node is None:
            raise FileNotFoundError("Node.js is missing: no program named node on the PATH")
        accounts = ";".join(f"{name}:{key}" for name, key in self._keys.items())
        environment = os.environ | {"AZURITE_ACCOUNTS": accounts}
        self._child = Child.start("Azurite", [node, str(ENTRY), *self._flags], self._log, environment)
        self._child.wait_until(self._listens, seconds=60)
        return self._child

    def stop(self) -> None:
        """Returns when the process is gone: a new one may not use its ports before."""
        if self._child:
            self._child.stop()
        if self._own_folder:
            self._own_folder.cleanup()

    def account(self) -> str:
        """The connection string of an account that nobody has asked for yet.

        Raises:
            LookupError: all are taken.
        """
        name = next(self._unused, None)
        if name is None:
            raise LookupError(f"all {len(self._keys)} storage accounts are taken; start Azurite with more")
        services = ";".join(f"{kind}Endpoint={url}/{name}" for kind, url in sorted(self._urls.items()))
        return f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={self._keys[name]};{services};"

    def _listens(self) -> bool:
        self._urls = dict(LISTENING.findall(self._log.read_text(encoding="utf-8", errors="replace")))
        return len(self._urls) == 3


def _key(number: int) -> str:
    return base64.b64encode(hashlib.sha512(str(number).encode()).digest()).decode()
