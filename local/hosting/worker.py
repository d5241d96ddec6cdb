"""The app, loaded and called through Microsoft's own worker library (`azure-functions-runtime`), in this process.

In Azure the host speaks protobuf with that library. It only ever reads and makes plain messages, so plain objects
stand in for them; what the library does with a function, its annotations and its result is the real thing.
"""

import asyncio
import json
import logging
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

log = logging.getLogger(__name__)


class AppFailedToLoadError(Exception):
    """function_app.py cannot be imported, or a function in it is declared wrongly. The text says why."""


class FunctionFailedError(Exception):
    """A function raised, or ran too long. It is in the log already."""


class Message(SimpleNamespace):
    """Stands in for a protobuf message. Of a oneof group only the chosen member exists."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 (protobuf's name)
        return next((name for name in vars(self) if name != "name"), None)


class Messages:
    """Stands in for the module of protobuf messages: any name is a message, and these have constants too."""

    class StatusResult(Message):
        Success, Failure = "Success", "Failure"

    class BindingInfo(Message):
        undefined, string, binary, stream = range(4)
        # As azure.functions writes them into a binding.
        out, inout = 1, 2

    class RpcHttpCookie(Message):
        class SameSite:
            Lax, Strict, ExplicitNone = "Lax", "Strict", "None"

    setattr(RpcHttpCookie.SameSite, "None", None)

    def __getattr__(self, _name: str) -> type[Message]:
        return Message


@dataclass(frozen=True)
class Function:
    """A function as the app declares it: its id, name and trigger (as in a function.json)."""

    id: str
    name: str
    trigger: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])

    def setting(self, key: str, default: str = "") -> str:
        """A value of its trigger, with `%NAME%` read from the environment as the host does."""
        value = str(self.trigger.get(key) or default)
        return os.environ.get(value[1:-1], value) if value.startswith("%") and value.endswith("%") else value


@dataclass
class Worker:
    """The loaded app. There can be one in a process: the library keeps its functions in a module."""

    functions: list[Function]
    timeout: timedelta | None
    names: dict[str, str] = field(default_factory=dict)
    """The name of each running invocation's function, by invocation id."""

    @classmethod
    async def load(cls, folder: Path, function_timeout: timedelta | None) -> "Worker":
        """Imports function_app.py of this folder, which must be on sys.path. Raises AppFailedToLoadError."""
        runtime.start_threadpool_executor()
        init = Message(capabilities={}, function_app_directory=str(folder))
        properties = {"host": "127.0.0.1", "protos": Messages()}
        started = await runtime.worker_init_request(
            Message(request=Message(worker_init_request=init), properties=properties)
        )
        if started.result.status != Messages.StatusResult.Success:
            raise AppFailedToLoadError(f"{started.result.exception.message}\n{started.result.exception.stack_trace}")
        indexed = await runtime.functions_metadata_request(None)
        if not indexed.function_metadata_results:
            raise AppFailedToLoadError(f"no functions in {folder / 'function_app.py'}")
        return cls([_function(found) for found in indexed.function_metadata_results], function_timeout)

    async def call(self, function: Function, data: Message, metadata: Mapping[str, Message] | None = None) -> Any:
        """Runs a function with its trigger's data; what it returns, as a message.

        Raises:
            FunctionFailedError: it raised or ran too long; the log has its traceback.
        """
        invocation_id = str(uuid.uuid4())
        runtime.invocation_id_cv.set(invocation_id)
        self.names[invocation_id] = function.name
        request = Message(
            invocation_id=invocation_id,
            function_id=function.id,
            input_data=[Message(name=function.trigger["name"], data=data)],
            trigger_metadata=metadata or {},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        try:
            answer, failure = await self._invoke(request)
            if failure:
                log.error("failed: %s", failure)
                raise FunctionFailedError(function.name)
            return answer
        finally:
            del self.names[invocation_id]

    async def _invoke(self, request: Message) -> tuple[Any, str]:
        """What the function returned, and why it failed ("" when it did not)."""
        try:
            async with asyncio.timeout(self.timeout.total_seconds() if self.timeout else None):
                answer = await runtime.invocation_request(Message(request=Message(invocation_request=request)))
        except TimeoutError:
            return None, f"stopped after {self.timeout}, the functionTimeout of host.json"
        if answer.result.status != Messages.StatusResult.Success:
            return None, answer.result.exception.stack_trace
        return answer.return_value, ""


def _function(found: Message) -> Function:
    bindings = [json.loads(raw) for raw in found.raw_bindings]
    return Function(found.function_id, found.name, next(b for b in bindings if b["type"].lower().endswith("trigger")))
