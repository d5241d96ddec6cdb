"""Which of several routes answers, as in ASP.NET Core."""

import pytest

from local.hosting.routes import Routes
from local.hosting.worker import Function

TEMPLATES = [
    "{*everything}",
    "api/{resource}",
    "api/{resource}/{id:int}",
    "api/{resource}/{id}",
    "api/interactions/{id}",
    "api/interactions",
    "api/archive/{year:int}/{month?}",
]


def routes(*templates: str, prefix: str = "") -> Routes:
    return Routes([Function(t, t, {"type": "httpTrigger", "route": t, "methods": ["GET"]}) for t in templates], prefix)


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "{*everything}", {}),
        ("/anything/at/all", "{*everything}", {"everything": "anything/at/all"}),
        ("/api/interactions", "api/interactions", {}),
        ("/API/Interactions/", "api/interactions", {}),
        ("/api/contacts", "api/{resource}", {"resource": "contacts"}),
        ("/api/interactions/5", "api/interactions/{id}", {"id": "5"}),
        ("/api/contacts/5", "api/{resource}/{id:int}", {"resource": "contacts", "id": "5"}),
        ("/api/contacts/J%C3%B3n%2Fx", "api/{resource}/{id}", {"resource": "contacts", "id": "Jón/x"}),
        ("/api/archive/2026", "api/archive/{year:int}/{month?}", {"year": "2026"}),
        ("/api/archive/2026/11", "api/archive/{year:int}/{month?}", {"year": "2026", "month": "11"}),
        ("/api/interactions/5/message", "{*everything}", {"everything": "api/interactions/5/message"}),
    ],
)
def test_the_most_exact_route_answers(path: str, template: str, parameters: dict[str, str]) -> None:
    for templates in (TEMPLATES, TEMPLATES[::-1]):
        found = routes(*templates).find("GET", path)
        assert found is not None
        assert (found[0].name, found[1]) == (template, parameters)


def test_nothing_answers_a_method_that_no_route_has() -> None:
    assert routes("{*everything}").find("PUT", "/") is None


def test_the_prefix_stands_before_every_route() -> None:
    prefixed = routes("items", prefix="api")
    assert prefixed.find("GET", "/api/items") is not None
    assert prefixed.find("GET", "/items") is None


@pytest.mark.parametrize("template", ["a{b}", "{id:regex}", "{id:float}"])
def test_a_template_that_the_host_does_not_know_stops_it(template: str) -> None:
    with pytest.raises(ValueError, match="does not know"):
        routes(template)
