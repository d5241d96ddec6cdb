"""A certificate authority of our own, so that the real SDKs can speak TLS with localhost."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority to trust, and the server's key with its certificate."""

    authority: Path
    server: Path


def certificates_in(folder: Path) -> Certificates:
    """The certificates kept in this folder; made there on first use, for localhost and 127.0.0.1."""
    kept = Certificates(folder / "authority.pem", folder / "server.pem")
    if not (kept.authority.exists() and kept.server.exists()):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as workshop:
            _make(Path(workshop), kept)
    return kept


def _make(workshop: Path, kept: Certificates) -> None:
    """Written aside and moved into place, so that a killed process leaves no half a certificate."""
    authority = trustme.CA(organization_name="Tenant in a box")
    server = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(workshop / kept.authority.name)
    server.private_key_and_cert_chain_pem.write_to_path(workshop / kept.server.name)
    kept.server.parent.mkdir(exist_ok=True)
    (workshop / kept.authority.name).replace(kept.authority)
    (workshop / kept.server.name).replace(kept.server)
