"""Requests and answers through the host."""

import os
from collections.abc import Iterator

import httpx
import pytest

from local.hosting.front import LARGEST_BODY
from tests.host.small_host import SmallHost

APP = """
    import json
    from datetime import UTC, datetime
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

    web = FastAPI()
    through_fastapi = func.AsgiMiddleware(web)


    @app.route(route="{*route}", methods=["GET", "POST", "DELETE"])
    async def everything(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        return await through_fastapi.handle_async(req, context)


    @web.get("/page/{name}")
    async def page(name: str, request: Request) -> Response:
        response = Response(json.dumps({"name": name, "url": str(request.url)}))
        response.set_cookie("first", "a=b", httponly=True, samesite="lax", max_age=60, path="/page")
        response.set_cookie("second", "2", secure=True, samesite="strict", expires=datetime(2030, 1, 1, tzinfo=UTC))
        return response


    @app.route(route="echo/{id}", methods=["POST"])
    def echo(req: func.HttpRequest) -> func.HttpResponse:
        told = {"url": req.url, "params": dict(req.params), "route": dict(req.route_params)}
        told = json.dumps(told | {"headers": dict(req.headers)})
        return func.HttpResponse(req.get_body()[::-1], status_code=201, headers={"X-Told": told})


    @app.route(route="broken")
    async def broken(req: func.HttpRequest) -> func.HttpResponse:
        raise RuntimeError("the cause")


    @app.route(route="locked", auth_level=func.AuthLevel.FUNCTION)
    async def locked(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("never")
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHost]:
    running = SmallHost.start(tmp_path_factory.mktemp("app"), APP, os.environ)
    yield running
    running.child.stop()


def test_an_asgi_app_answers_behind_its_catch_all_route(host: SmallHost) -> None:
    answer = httpx.get(f"{host.url}/page/J%C3%B3n?a=1&a=2")
    assert answer.json() == {"name": "Jón", "url": f"{host.url}/page/Jón?a=1&a=2"}


def test_every_cookie_arrives_with_its_attributes(host: SmallHost) -> None:
    first, second = httpx.get(f"{host.url}/page/x").headers.get_list("set-cookie")
    assert first.startswith("first=a%3Db;")
    assert {"HttpOnly", "Max-Age=60", "Path=/page", "SameSite=Lax"} <= set(first.split("; "))
    assert {"Secure", "SameSite=Strict", "expires=Tue, 01 Jan 2030 00:00:00 GMT"} <= set(second.split("; "))


def test_a_binary_body_goes_in_and_out_whole(host: SmallHost) -> None:
    body = bytes(range(256)) * 300
    answer = httpx.post(f"{host.url}/echo/5", content=body)
    assert answer.status_code == 201
    assert answer.content == body[::-1]


def test_a_function_is_told_the_address_query_route_and_headers(host: SmallHost) -> None:
    headers = [("Host", "logging.example:99"), ("X-Many", "1"), ("X-Many", "2")]
    told = httpx.post(f"{host.url}/echo/a%20b?q=1&q=2", headers=headers).headers["x-told"]
    assert '"url": "http://logging.example:99/echo/a%20b?q=1&q=2"' in told
    assert '"params": {"q": "1,2"}' in told
    assert '"route": {"id": "a b"}' in told
    assert '"x-many": "1,2"' in told


@pytest.mark.parametrize(("method", "path"), [("PUT", "/page/x"), ("PATCH", "/echo/5"), ("GET", "/admin/host/status")])
def test_what_no_route_takes_is_not_found(host: SmallHost, method: str, path: str) -> None:
    assert httpx.request(method, host.url + path).status_code == 404


def test_a_body_over_100_megabytes_is_refused(host: SmallHost) -> None:
    piece = bytes(1_048_576)
    pieces = (piece for _ in range(LARGEST_BODY // len(piece) + 1))
    assert httpx.post(f"{host.url}/echo/5", content=pieces, timeout=60).status_code == 413


def test_a_function_that_fails_is_500_to_the_caller_and_a_traceback_in_the_log(host: SmallHost) -> None:
    answer = httpx.get(f"{host.url}/broken")
    assert (answer.status_code, answer.text) == (500, "")
    assert "RuntimeError: the cause" in host.log()
    assert "ERROR   broken " in host.log()


def test_a_function_that_wants_a_key_is_refused(host: SmallHost) -> None:
    assert httpx.get(f"{host.url}/locked").status_code == 401


def test_http_functions_cannot_be_started_by_hand(host: SmallHost) -> None:
    assert httpx.post(f"{host.url}/admin/functions/echo", json={}).status_code == 400
    assert httpx.post(f"{host.url}/admin/functions/nobody", json={}).status_code == 404
