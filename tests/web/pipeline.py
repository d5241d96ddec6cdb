"""Sales cycles and opportunities as they are sent and shown, for stories over HTTP."""

from collections.abc import Callable
from typing import Any

OPPORTUNITIES = "/api/opportunities"
WISH = {"description": "Forty lamps", "contactNo": "CT000002", "salespersonCode": "AK", "salesCycleCode": "WORK"}
type Make = Callable[..., str]


def a_stage(number: int, **more: Any) -> dict[str, Any]:
    usual = {"description": f"Stage {number}", "completed": 10 * number, "chancesOfSuccess": 50}
    rest = {"allowSkip": False, "quoteRequired": False, "dateFormula": ""}
    return {"stage": number, **usual, **rest, **more}


def a_cycle(code: str, *stages: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"description": "Short", "probabilityCalculation": "Add", "blocked": False}
    return {"code": code, **usual, "stages": list(stages) or [a_stage(1), a_stage(2)], **more}


def numbers(opportunity: dict[str, Any]) -> tuple[Any, ...]:
    names = ("stage", "chancesOfSuccess", "completed", "probability", "estimatedValue", "calculatedCurrentValue")
    return tuple(opportunity[name] for name in names)
