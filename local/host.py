"""The Azure Functions host of this machine: `python -m local.host --port 7071 [--sign-in required] [--app FOLDER]`.

Loads function_app.py, answers its HTTP routes, fires its timers and feeds its queue functions, as host.json says.
App Service Authentication is played in front of it when LOCAL_JWKS_URL and LOCAL_ISSUER name an Entra ID; with
`--sign-in auto` a request without identity is the one of LOCAL_ADMIN_TOKEN. LOCAL_PEOPLE are offered to sign in as.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from local.hosting.front import Front
from local.hosting.host_settings import HostSettings
from local.hosting.log_lines import write_log_lines
from local.hosting.queues import QueuePump
from local.hosting.routes import Routes
from local.hosting.sign_in import SignIn, Tokens
from local.hosting.sign_in_page import people_of
from local.hosting.timers import keep_time, next_run, right_now
from local.hosting.worker import AppFailedToLoadError, Worker

GRACE_SECONDS = 5
"""How long running requests may go on after SIGTERM."""


class Server(uvicorn.Server):
    """Says when it listens. Leaves signals to us: uvicorn would raise them again before the functions have ended."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"Listening on http://{self.config.host}:{self.config.port}", flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Runs until SIGTERM or Ctrl-C; exits 1 with the reason when the app or a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="The functions host of this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sign-in", choices=["auto", "required"], default="auto")
    parser.add_argument("--app", type=Path, default=Path(__file__).parent.parent, help="the folder of function_app.py")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.app.resolve(), options.port, options.sign_in == "auto"))
    except (AppFailedToLoadError, KeyError, OSError, ValueError) as problem:
        sys.exit(f"The functions host cannot start: {type(problem).__name__}: {problem}")


async def serve(folder: Path, port: int, automatic_sign_in: bool) -> None:
    """Loads the app of the folder and serves it on 127.0.0.1 until a signal."""
    settings = HostSettings.read(folder / "host.json")
    if "LOCAL_JWKS_URL" in os.environ:
        os.environ["WEBSITE_AUTH_ENABLED"] = "True"
    sys.path.insert(0, str(folder))
    worker = await Worker.load(folder, settings.function_timeout)
    write_log_lines(settings.log_level, worker.names)
    app = in_front_of(Front(worker, Routes(worker.functions, settings.route_prefix)), automatic_sign_in)
    config = uvicorn.Config(
        app,
        "127.0.0.1",
        port,
        access_log=False,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    work = list(background_work(worker, settings))
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(coroutine) for coroutine in work]
        await server.serve()
        for task in running:
            task.cancel()


def in_front_of(front: ASGIApp, automatic_sign_in: bool) -> ASGIApp:
    """App Service Authentication, when there is an Entra ID to check tokens with."""
    if "LOCAL_JWKS_URL" not in os.environ:
        return front
    tokens = Tokens(os.environ["LOCAL_ISSUER"], os.environ["LOCAL_JWKS_URL"])
    administrator = os.environ["LOCAL_ADMIN_TOKEN"] if automatic_sign_in else None
    return SignIn(front, tokens, administrator, people_of(os.environ.get("LOCAL_PEOPLE", "[]")))


def background_work(worker: Worker, settings: HostSettings) -> Iterator[Coroutine[Any, Any, None]]:
    """What runs beside HTTP. A wrong schedule or a missing connection raises here, before anything runs."""
    for function in worker.functions:
        match function.kind:
            case "httpTrigger":
                pass
            case "timerTrigger":
                next_run(function.setting("schedule"), right_now())
                yield keep_time(worker, function)
            case "queueTrigger":
                connection = os.environ[function.setting("connection", "AzureWebJobsStorage")]
                yield QueuePump(worker, function, settings.queues, connection).run()
            case kind:
                raise ValueError(f"{function.name}: this host has no {kind}")


if __name__ == "__main__":
    main()
