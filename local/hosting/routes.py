"""Which function answers a path: route templates with the precedence of ASP.NET Core, as in the real host.

Segment by segment a literal wins over `{parameter:constraint}`, that over `{parameter}`, and that over `{*catchAll}`.
https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-template-precedence-and-endpoint-selection-order
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from local.hosting.worker import Function

SEGMENT = re.compile(r"\{(?P<star>\*{0,2})(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")
CONSTRAINTS = {"int": r"-?\d+", "alpha": r"[A-Za-z]+", "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"}
LITERAL, CONSTRAINED, PARAMETER, CATCH_ALL = range(1, 5)


@dataclass(frozen=True)
class Route:
    """A function's route: the paths that it matches, and how it ranks among others (lower is better)."""

    function: Function
    pattern: re.Pattern[str]
    methods: frozenset[str]
    rank: tuple[int, ...]

    @classmethod
    def of(cls, function: Function, prefix: str) -> "Route":
        """Raises ValueError for a template that this host does not know."""
        template = "/".join(part for part in (prefix, function.setting("route", function.name).strip("/")) if part)
        pieces = [_piece(segment) for segment in template.split("/") if segment]
        methods = frozenset(method.upper() for method in function.trigger.get("methods") or ())
        pattern = re.compile("".join(piece for piece, _ in pieces) + "/?", re.IGNORECASE)
        return cls(function, pattern, methods, tuple(rank for _, rank in pieces))

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """The values in the path, decoded; None when this route does not match."""
        match = self.pattern.fullmatch(path) if not self.methods or method in self.methods else None
        return {name: unquote(value) for name, value in match.groupdict().items() if value} if match else None


class Routes:
    """All routes of the app."""

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        self._routes = sorted(
            (Route.of(function, prefix) for function in functions if function.kind == "httpTrigger"),
            key=lambda route: route.rank,
        )

    def find(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The function for a request (path still percent-encoded) and its route parameters.

        None when no route fits; the real host answers 404 then, also when only the method is wrong.
        """
        for route in self._routes:
            parameters = route.parameters(method, path)
            if parameters is not None:
                return route.function, parameters
        return None


def _piece(segment: str) -> tuple[str, int]:
    """The pattern of a segment with its leading slash, and its rank."""
    match = SEGMENT.fullmatch(segment)
    if not match:
        if "{" in segment:
            raise ValueError(f"this host does not know the route segment {segment!r}")
        return "/" + re.escape(segment), LITERAL
    name, constraint = match["name"], match["constraint"]
    if match["star"]:
        return f"(?:/(?P<{name}>.*))?", CATCH_ALL
    if constraint and constraint not in CONSTRAINTS:
        raise ValueError(f"this host does not know the route constraint {constraint!r}")
    value = f"/(?P<{name}>{CONSTRAINTS.get(constraint, '[^/]+')})"
    return (f"(?:{value})?" if match["optional"] else value), CONSTRAINED if constraint else PARAMETER
