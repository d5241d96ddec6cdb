"""The host's log: a line for each event with its time, level and function; a traceback follows its failure."""

import logging
import sys
from collections.abc import Mapping

from azure_functions_runtime import invocation_id_cv

CHATTY = ("azure", "httpx", "httpcore", "uvicorn", "asyncio")
"""Libraries that tell of each request at Information; only their warnings are kept."""


class LogLines(logging.Formatter):
    """`names` has the running function's name for each invocation id."""

    default_time_format = "%H:%M:%S"

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(function)-24s %(message)s", self.default_time_format)
        self._names = names

    def format(self, record: logging.LogRecord) -> str:
        record.function = self._names.get(invocation_id_cv.get() or "", "host")
        return super().format(record).rstrip()


def write_log_lines(level: int, names: Mapping[str, str]) -> None:
    """From now on all loggers write to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LogLines(names))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
