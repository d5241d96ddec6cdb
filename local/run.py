"""`make run`: the whole system on this machine, with a sample company at work, until Ctrl-C.

Read from the environment: EMPTY=1 (set up and enabled, but no people and no mail), SETUP=none (nothing set up),
DOMAIN (the organisation's), SIGN_IN=required (nobody is signed in without a token).
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.api import Api, ApiRefusedError
from local.azurite import Azurite
from local.demonstration import add_people, log_now, send_history, send_mail, set_up
from local.endpoints import Endpoints, remove_endpoints
from local.functions_process import port_of_last_time, sign_in_settings, start_functions
from local.processes import Child, ProcessEndedError
from local.sample import Company, company
from local.sign_in_people import people_to_sign_in
from local.steps import step
from local.tenant import Tenant

FOLDER = Path(__file__).parent.parent / ".local"
LOGS = FOLDER / "logs"
SECONDS_BETWEEN_MAILS = 40
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AlreadyRunningError(Exception):
    """Another `make run` has this clone."""


@dataclass(frozen=True)
class Options:
    """What to run."""

    domain: str
    setup: bool
    people: bool
    sign_in: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Options":
        setup = environment.get("SETUP") != "none"
        return cls(
            domain=environment.get("DOMAIN") or "nordurljos.example",
            setup=setup,
            people=setup and environment.get("EMPTY", "") in {"", "0"},
            sign_in="required" if environment.get("SIGN_IN") == "required" else "auto",
        )


def main(_arguments: list[str]) -> int:
    """0 when it was stopped, 1 when something is wrong."""
    for number in STOPS:
        signal.signal(number, signal.default_int_handler)
    try:
        with only_one(FOLDER / "run.lock"), ExitStack() as ending:
            try:
                run(Options.read(os.environ), ending)
            finally:
                for number in STOPS:  # what was started ends in order, whatever comes now
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        print("\nStopped.")
    except (AlreadyRunningError, ApiRefusedError, ProcessEndedError, OSError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


def run(options: Options, ending: ExitStack) -> None:
    """Starts everything in order and stays until a part of it ends, which it raises; `ending` stops it all."""
    began = time.monotonic()
    remove_endpoints()
    with step("Storage (Azurite)"):
        azurite = Azurite(log=LOGS / "azurite.log")
        ending.callback(azurite.stop)
        storage = azurite.start()
    with step("A Microsoft 365 tenant (Entra ID, Key Vault, Exchange)"):
        tenant = Tenant(options.domain, f"log@{options.domain}", FOLDER / "certificates")
        ending.callback(tenant.stop)
        tenant.start()
    sample = company(options.domain)
    people = people_to_sign_in(tenant, sample)
    with step("The functions"):
        port = port_of_last_time(FOLDER / "web-port")
        web = f"http://127.0.0.1:{port}"
        settings = {"AzureWebJobsStorage": azurite.account()} | tenant.settings() | sign_in_settings(tenant, people)
        functions = start_functions(settings, port, LOGS / "functions.log", options.sign_in)
        ending.callback(functions.stop)
        tokens = people.tokens()
        api = Api(f"{web}/api", tokens["admin"])
        ending.callback(api.close)
        functions.wait_until(api.answers, seconds=60)
    fill(options, api, tenant, sample)
    endpoints = Endpoints(
        web=web,
        api=f"{web}/api",
        smtp=tenant.smtp,
        graph=f"{tenant.url}/v1.0",
        logging_mailbox=tenant.logging_mailbox,
        domain=options.domain,
        tokens=tokens,
    )
    ending.callback(remove_endpoints)
    endpoints.write()
    print(f"\nReady after {time.monotonic() - began:.0f} s:  {web}\n")
    print(f"Mail goes in by SMTP at {tenant.smtp}. Logs are in {LOGS}. Ctrl-C ends everything.", flush=True)
    stay([functions, storage], tenant.smtp, sample if options.people else None)


def fill(options: Options, api: Api, tenant: Tenant, sample: Company) -> None:
    """As much of the sample company as was asked for."""
    if options.setup:
        with step("Setup: the logging mailbox, enabled"):
            set_up(api, tenant)
    if options.people:
        with step(f"The people of {sample.name} and its customers") as progress:
            add_people(api, sample, progress)
        with step("Their mail of the last three weeks, by SMTP") as progress:
            send_history(tenant, sample.mails(datetime.now(UTC)), progress)
        with step("The first run of the log"):
            log_now(api)


def stay(children: list[Child], smtp: str, sample: Company | None) -> None:
    """A mail arrives now and then. Ends with ProcessEndedError, or when the `make` that started this is gone."""
    number, next_mail, parent = 0, time.monotonic() + SECONDS_BETWEEN_MAILS, os.getppid()
    while os.getppid() == parent or "MAKELEVEL" not in os.environ:
        for child in children:
            if not child.alive():
                raise ProcessEndedError(child.last_words())
        if sample and time.monotonic() >= next_mail:
            send_mail(smtp, sample.arriving(datetime.now(UTC), number))
            number, next_mail = number + 1, next_mail + SECONDS_BETWEEN_MAILS
        time.sleep(0.5)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Holds the lock while it runs; the system frees it even when we are killed. Raises AlreadyRunningError."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise AlreadyRunningError(
                f"`make run` is up in this folder already (process {holder}). End that first."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
