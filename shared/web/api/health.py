"""Liveness: /api/health. Open to everybody, so it says nothing about anybody."""

from typing import Literal

from fastapi import APIRouter

from shared.errors import ProductError
from shared.jobs.read_status import last_success
from shared.version import VERSION
from shared.web.context import World
from shared.web.guard import guarded
from shared.web.shapes import Shape

router = APIRouter(prefix="/health", tags=["Health"], route_class=guarded(read=None, write=None))


class HealthShape(Shape):
    """The app answers. `secondsSinceSuccess` is the age of the last run that went well.

    It is null before the first one, and when it cannot be read.
    """

    status: Literal["Healthy"] = "Healthy"
    version: str = VERSION
    seconds_since_success: float | None


@router.get("")
async def get_health(world: World) -> HealthShape:
    """Whether the app is alive, which version it is, and how long ago a run went well."""
    try:
        success = await last_success(world)
    except ProductError:
        success = None  # we are alive, and say so: what else is wrong is in the status
    return HealthShape(seconds_since_success=(world.clock() - success).total_seconds() if success else None)
