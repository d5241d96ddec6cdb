"""host.json, as far as this host obeys it. What each setting means: docs/host-settings.md."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

LEVELS = {
    "Trace": logging.DEBUG,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 10,
}


@dataclass(frozen=True)
class QueueSettings:
    """extensions.queues, with the host's defaults."""

    max_polling_interval: timedelta
    visibility_timeout: timedelta
    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    base64: bool


@dataclass(frozen=True)
class HostSettings:
    """host.json parsed."""

    route_prefix: str
    function_timeout: timedelta | None
    log_level: int
    queues: QueueSettings

    @classmethod
    def read(cls, file: Path) -> "HostSettings":
        """Raises OSError or ValueError when the file is missing or wrong."""
        host: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        extensions = host.get("extensions", {})
        queues = extensions.get("queues", {})
        batch_size = queues.get("batchSize", 16)
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
            function_timeout=time_span(host["functionTimeout"]) if "functionTimeout" in host else None,
            log_level=LEVELS[host.get("logging", {}).get("logLevel", {}).get("default", "Information")],
            queues=QueueSettings(
                max_polling_interval=time_span(queues.get("maxPollingInterval", "00:01:00")),
                visibility_timeout=time_span(queues.get("visibilityTimeout", "00:00:00")),
                batch_size=batch_size,
                new_batch_threshold=queues.get("newBatchThreshold", batch_size // 2),
                max_dequeue_count=queues.get("maxDequeueCount", 5),
                base64=queues.get("messageEncoding", "base64") == "base64",
            ),
        )


def time_span(text: str) -> timedelta:
    """.NET's `[d.]hh:mm:ss`. Raises ValueError."""
    days, _, clock = text.rpartition(".") if text.count(":") == 2 else ("", "", "")
    parts = [int(part) for part in clock.split(":")] if clock else []
    if len(parts) != 3:
        raise ValueError(f"{text!r} is not a time span like 00:10:00")
    return timedelta(days=int(days or 0), hours=parts[0], minutes=parts[1], seconds=parts[2])
