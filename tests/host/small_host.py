"""The functions host as a process of its own, with a small app written for the test."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx

from local.processes import Child, free_port

HOST_JSON: Mapping[str, Any] = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}
BEGINNING = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
seen = []


@app.route(route="seen")
async def what_was_seen(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("\\n".join(seen))
"""


@dataclass
class SmallHost:
    """A host that listens. Its app notes in `seen` what it wants to tell."""

    child: Child
    url: str

    @classmethod
    def start(
        cls,
        folder: Path,
        app: str,
        environment: Mapping[str, str],
        host_json: Mapping[str, Any] = HOST_JSON,
        sign_in: str = "auto",
    ) -> "SmallHost":
        """Writes the app to the folder and starts it. Raises ProcessEndedError when it does not load."""
        (folder / "function_app.py").write_text(BEGINNING + dedent(app))
        (folder / "host.json").write_text(json.dumps(host_json))
        port = free_port()
        options = ["--port", str(port), "--app", str(folder), "--sign-in", sign_in]
        child = Child.start("host", [sys.executable, "-m", "local.host", *options], folder / "log", environment)
        host = cls(child, f"http://127.0.0.1:{port}")
        try:
            child.wait_until(lambda: "Listening" in host.log(), seconds=30)
        except Exception:
            child.stop()
            raise
        return host

    def log(self) -> str:
        return self.child.log.read_text()

    def seen(self) -> list[str]:
        return httpx.get(f"{self.url}/seen").text.splitlines()


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Fails when the condition does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
