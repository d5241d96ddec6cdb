"""`.local/endpoints.json`: where a running system is, for other programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).parent.parent / ".local" / "endpoints.json"


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the running system, and a bearer token for each role."""

    web: str
    api: str
    smtp: str
    graph: str
    logging_mailbox: str
    domain: str
    tokens: Mapping[str, str]

    def write(self) -> None:
        """Whole or not at all: it appears under its name when it is complete."""
        half = FILE.with_suffix(".half")
        half.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        half.replace(FILE)


def remove_endpoints() -> None:
    """Nothing runs (any more)."""
    FILE.unlink(missing_ok=True)
