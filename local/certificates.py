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
    """The certificates kept below this folder; made there on first use, for localhost and 127.0.0.1."""
    home = folder / "localhost"
    if not home.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as workshop:
            _move(_made_in(Path(workshop) / home.name), home)
    return _kept_in(home)


def _kept_in(home: Path) -> Certificates:
    return Certificates(home / "authority.pem", home / "server.pem")


def _made_in(home: Path) -> Path:
    home.mkdir()
    made = _kept_in(home)
    authority = trustme.CA(organization_name="Tenant in a box")
    server = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(made.authority)
    server.private_key_and_cert_chain_pem.write_to_path(made.server)
    return home


def _move(made: Path, home: Path) -> None:
    """Both files at once: of two processes that make certificates, the first one's are used by both."""
    try:
        made.rename(home)
    except OSError:
        if not home.exists():
            raise
