"""The functions host as a process of its own, with the environment that the platform would give it."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from local.processes import Child, free_port
from local.sign_in_people import SignInPeople
from local.tenant import Tenant

NOT_INHERITED = ("SSL_CERT_DIR", "CURL_CA_BUNDLE")
"""Where a machine may name other certificates to trust than the box's."""


def start_functions(settings: Mapping[str, str], port: int, log: Path, sign_in: str = "auto") -> Child:
    """The process, not yet answering. Settings are added to this process's environment."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    platform = {"WEBSITE_HOSTNAME": f"127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "local.host", "--port", str(port), "--sign-in", sign_in]
    return Child.start("The functions host", command, log, inherited | platform | dict(settings))


def sign_in_settings(tenant: Tenant, people: SignInPeople) -> dict[str, str]:
    """What App Service Authentication has to know."""
    return {
        "LOCAL_JWKS_URL": tenant.jwks_url,
        "LOCAL_ISSUER": tenant.issuer,
        "LOCAL_ADMIN_TOKEN": people.administrator.token,
        "LOCAL_PEOPLE": json.dumps([asdict(person) for person in people.everyone()]),
    }


def port_of_last_time(file: Path) -> int:
    """The port that this file remembers, if it is free, so that bookmarks keep working; else another, remembered."""
    port = free_port(int(file.read_text() or 0) if file.exists() else 0)
    file.write_text(str(port))
    return port
