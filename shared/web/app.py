"""The web application: the API under /api, the pages beside it."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from shared.jobs.ports import World
from shared.settings import Settings
from shared.version import VERSION
from shared.web.api import (
    change_interactions,
    close_codes,
    contacts,
    documents,
    email_logging,
    health,
    interactions,
    jobs,
    messages,
    never_log,
    opportunities,
    read_archive,
    sales_cycles,
    salespeople,
    unmatched,
)
from shared.web.headers import SecurityHeaders
from shared.web.pages import interaction_log
from shared.web.problems import LastResort, add_problem_handlers
from shared.web.static_files import SignedInFiles

ROUTERS = (
    interactions.router,
    change_interactions.router,
    opportunities.router,
    sales_cycles.router,
    close_codes.router,
    contacts.router,
    contacts.imports,
    salespeople.router,
    salespeople.imports,
    jobs.router,
    email_logging.router,
    email_logging.readable,
    messages.router,
    unmatched.router,
    read_archive.router,
    never_log.router,
    health.router,
    documents.router,
)
STATIC = Path(__file__).parent / "static"


def create_app(settings: Settings, world: Callable[[], World]) -> FastAPI:
    """The application. `world` is asked at each request: its clients belong to the event loop of the request."""
    app = FastAPI(title="Email Logging", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False  # an id that is a slash is no id
    app.state.settings = settings
    app.state.world = world
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    app.include_router(interaction_log.router, include_in_schema=False)
    app.mount("/static", SignedInFiles(directory=STATIC), name="static")
    add_problem_handlers(app)
    app.add_middleware(LastResort)
    app.add_middleware(SecurityHeaders)
    return app
