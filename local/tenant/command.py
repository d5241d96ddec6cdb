"""`python -m local tenant`: one tenant in the foreground, for other processes to use."""

import argparse
import json
import signal
from pathlib import Path

from local.tenant.tenant import Tenant


def main(argv: list[str]) -> int:
    """Print the settings as one line of JSON when both ports answer, then serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local tenant", description=__doc__)
    parser.add_argument("--domain", required=True, help="the organisation's accepted domain")
    parser.add_argument("--logging-mailbox", help="default: log@DOMAIN")
    parser.add_argument("--https-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(".local/certificates"), help="where certificates are kept")
    parser.add_argument("--bcc-foldering", action="store_true")
    given = parser.parse_args(argv)
    # Blocked before any thread starts, so that the signal waits for us alone.
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    tenant = Tenant(
        domain=given.domain,
        logging_mailbox=given.logging_mailbox or f"log@{given.domain}",
        certificates_folder=given.folder,
        https_port=given.https_port,
        smtp_port=given.smtp_port,
        bcc_foldering=given.bcc_foldering,
    )
    with tenant:
        ready = {
            "url": tenant.url,
            "smtp": tenant.smtp,
            "clientId": tenant.client_id,
            "loggingMailbox": tenant.logging_mailbox,
            "settings": tenant.settings(),
        }
        print(json.dumps(ready), flush=True)
        signal.sigwait(stops)
    return 0
