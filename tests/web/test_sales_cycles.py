"""Sales cycles over HTTP, from the first to the last day of one, and the one that comes with the app."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.web.conftest import Running
from tests.web.lists import everything_in, pages_of
from tests.web.pipeline import a_cycle, a_stage
from tests.web.test_bad_input import check_problem

CYCLES = "/api/sales-cycles"
SETUP = "/api/email-logging/setup"
KEYS = {"code", "etag", "description", "probabilityCalculation", "blocked", "stages"}


@pytest.fixture
def default_kept(admin: httpx.Client) -> Iterator[dict[str, Any]]:
    """The setup, which is put back."""
    setup: dict[str, Any] = admin.get(SETUP).json()
    yield setup
    admin.put(SETUP, json=setup).raise_for_status()


def test_the_whole_life_of_a_sales_cycle(running: Running, admin: httpx.Client) -> None:
    stages = [
        a_stage(1, completed=12.5, dateFormula="1M+3D"),
        a_stage(2, allowSkip=True, chancesOfSuccess=33.3),
        a_stage(3, quoteRequired=True),
    ]
    wish = a_cycle("Life", *stages, probabilityCalculation="ChancesOfSuccess")

    created = admin.post(CYCLES, json=wish)

    assert created.status_code == 201
    assert created.headers["Location"] == f"{running.web}{CYCLES}/Life"
    cycle = created.json()
    assert set(cycle) == KEYS
    assert cycle == wish | {"etag": created.headers["ETag"]}
    read = admin.get(f"{CYCLES}/LIFE")
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, cycle, cycle["etag"])
    check_problem(admin.post(CYCLES, json=a_cycle("LIFE")), 409)

    changes = {**cycle, "blocked": True, "stages": [stages[2], stages[0]]}
    check_problem(admin.put(f"{CYCLES}/life", json=changes, headers={"If-Match": '"another"'}), 412)
    changed = admin.put(f"{CYCLES}/life", json=changes, headers={"If-Match": cycle["etag"]})
    assert changed.status_code == 200
    assert changed.json() == changes | {"stages": [stages[0], stages[2]], "etag": changed.headers["ETag"]}

    check_problem(admin.delete(f"{CYCLES}/Life", headers={"If-Match": cycle["etag"]}), 412)
    deleted = admin.delete(f"{CYCLES}/Life", headers={"If-Match": changed.headers["ETag"]})
    assert (deleted.status_code, deleted.content) == (204, b"")
    for answer in (
        admin.get(f"{CYCLES}/Life"),
        admin.delete(f"{CYCLES}/Life"),
        admin.put(f"{CYCLES}/Life", json=a_cycle("")),
    ):
        check_problem(answer, 404)
    assert admin.post(CYCLES, json=a_cycle("LIFE")).status_code == 201


def test_cycles_are_listed_by_code_in_pages(admin: httpx.Client) -> None:
    for code in ("list2", "LIST1", "LIST3"):
        admin.post(CYCLES, json=a_cycle(code)).raise_for_status()

    cycles = everything_in(admin, CYCLES)

    codes = [cycle["code"].upper() for cycle in cycles]
    assert codes == sorted(codes)
    assert {"LIST1", "LIST2", "LIST3", "STANDARD"} <= set(codes)
    assert [cycle for page in pages_of(admin, CYCLES, top=1) for cycle in page] == cycles


def test_a_cycle_with_five_stages_comes_with_the_app_and_can_be_changed(admin: httpx.Client) -> None:
    standard = admin.get(f"{CYCLES}/standard").json()
    assert (standard["code"], standard["probabilityCalculation"], standard["blocked"]) == (
        "STANDARD",
        "Multiply",
        False,
    )
    assert [stage["stage"] for stage in standard["stages"]] == [1, 2, 3, 4, 5]

    changed = admin.put(
        f"{CYCLES}/STANDARD", json={**standard, "description": "Ours"}, headers={"If-Match": standard["etag"]}
    )

    assert changed.json() == standard | {"description": "Ours", "etag": changed.headers["ETag"]}
    check_problem(
        admin.put(f"{CYCLES}/STANDARD", json=standard, headers={"If-Match": standard["etag"]}),
        412,
    )
    back = admin.put(f"{CYCLES}/STANDARD", json=standard).raise_for_status()
    assert back.json() == standard


@pytest.mark.usefixtures("default_kept")
def test_the_setup_says_which_cycle_is_the_default_one(admin: httpx.Client, default_kept: dict[str, Any]) -> None:
    assert default_kept["defaultSalesCycleCode"] == "STANDARD"
    check_problem(admin.delete(f"{CYCLES}/STANDARD"), 409)
    check_problem(
        admin.put(SETUP, json={**default_kept, "defaultSalesCycleCode": "NONE"}), 422, "defaultSalesCycleCode"
    )
    check_problem(admin.put(SETUP, json={**default_kept, "defaultSalesCycleCode": ""}), 422, "defaultSalesCycleCode")
    admin.post(CYCLES, json=a_cycle("MINE")).raise_for_status()

    setup = admin.put(SETUP, json={**default_kept, "defaultSalesCycleCode": "mine"}).raise_for_status().json()

    assert setup["defaultSalesCycleCode"] == "MINE"
    check_problem(admin.delete(f"{CYCLES}/MINE"), 409)
    wish = {"description": "By default", "contactNo": "CT000003", "salespersonCode": "AK"}
    made = admin.post("/api/opportunities", json=wish).raise_for_status().json()
    assert made["salesCycleCode"] == "MINE"
    admin.delete(f"/api/opportunities/{made['no']}").raise_for_status()


BAD: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no code": ({"code": ""}, ("code",)),
    "a code with a slash": ({"code": "a/b"}, ("code",)),
    "no stages": ({"stages": []}, ("stages",)),
    "stages that are none": ({"stages": None}, ("stages",)),
    "a stage twice": ({"stages": [a_stage(1), a_stage(1)]}, ("stages.0.stage", "stages.1.stage")),
    "stage 0": ({"stages": [a_stage(0)]}, ("stages.0.stage",)),
    "half a stage": ({"stages": [a_stage(1, stage=1.5)]}, ("stages.0.stage",)),
    "more than complete": ({"stages": [a_stage(1, completed=100.1)]}, ("stages.0.completed",)),
    "chances below nothing": (
        {"stages": [a_stage(1), a_stage(2, chancesOfSuccess=-1)]},
        ("stages.1.chancesOfSuccess",),
    ),
    "text for chances": ({"stages": [a_stage(1, chancesOfSuccess="50")]}, ("stages.0.chancesOfSuccess",)),
    "a formula of nothing": ({"stages": [a_stage(1, dateFormula="soon")]}, ("stages.0.dateFormula",)),
    "a formula beyond all days": ({"stages": [a_stage(1, dateFormula="9999Y")]}, ("stages.0.dateFormula",)),
    "no such calculation": ({"probabilityCalculation": "Guess"}, ("probabilityCalculation",)),
    "text for a flag": ({"blocked": "no"}, ("blocked",)),
    "an unknown field": ({"default": True}, ("default",)),
}


@pytest.mark.parametrize("how", BAD)
def test_a_cycle_that_is_not_valid_is_refused(admin: httpx.Client, how: str) -> None:
    changes, fields = BAD[how]
    check_problem(admin.post(CYCLES, json=a_cycle("BAD") | changes), 422, *fields)
    check_problem(admin.get(f"{CYCLES}/BAD"), 404)


def test_a_code_cannot_be_changed(admin: httpx.Client) -> None:
    check_problem(admin.put(f"{CYCLES}/STANDARD", json=a_cycle("OTHERWISE")), 422, "code")


def test_an_open_opportunity_keeps_its_cycle_and_its_stage(admin: httpx.Client) -> None:
    admin.post(CYCLES, json=a_cycle("USED", a_stage(1), a_stage(2), a_stage(3))).raise_for_status()
    wish = {"description": "Here", "contactNo": "CT000003", "salespersonCode": "AK", "salesCycleCode": "used"}
    address = f"/api/opportunities/{admin.post('/api/opportunities', json=wish).raise_for_status().json()['no']}"

    refused = admin.delete(f"{CYCLES}/USED")
    check_problem(refused, 409)
    assert address.rpartition("/")[2] in refused.json()["detail"]

    admin.post(f"{address}/stage", json={"action": "First"}).raise_for_status()
    admin.post(f"{address}/stage", json={"action": "Next"}).raise_for_status()
    check_problem(admin.delete(f"{CYCLES}/USED"), 409)
    check_problem(admin.put(f"{CYCLES}/USED", json=a_cycle("USED", a_stage(1), a_stage(3))), 409)
    changed = a_cycle("USED", a_stage(2, description="Second", completed=77), a_stage(4))
    admin.put(f"{CYCLES}/USED", json=changed).raise_for_status()
    opportunity = admin.get(address).json()
    assert (opportunity["stageDescription"], opportunity["completed"]) == ("Stage 2", 20), "until the next action"
    updated = admin.post(f"{address}/stage", json={"action": "Update"}).raise_for_status().json()
    assert (updated["stageDescription"], updated["completed"]) == ("Second", 77)

    admin.post("/api/close-opportunity-codes", json={"code": "USED", "type": "Lost"}).raise_for_status()
    lost = {"result": "Lost", "closeOpportunityCode": "USED"}
    admin.post(f"{address}/close", json=lost).raise_for_status()
    assert admin.delete(f"{CYCLES}/USED").status_code == 204
    assert admin.get(address).json()["salesCycleCode"] == "USED"


def test_a_blocked_cycle_gets_no_new_opportunities_and_keeps_those_that_it_has(admin: httpx.Client) -> None:
    cycle = a_cycle("BLOCKED")
    admin.post(CYCLES, json=cycle).raise_for_status()
    wish = {"description": "Before", "contactNo": "CT000003", "salespersonCode": "AK", "salesCycleCode": "BLOCKED"}
    before = admin.post("/api/opportunities", json=wish).raise_for_status().json()
    other = admin.post("/api/opportunities", json={**wish, "salesCycleCode": None}).raise_for_status().json()
    admin.put(f"{CYCLES}/BLOCKED", json=cycle | {"blocked": True}).raise_for_status()

    check_problem(admin.post("/api/opportunities", json=wish), 409)
    check_problem(admin.patch(f"/api/opportunities/{other['no']}", json={"salesCycleCode": "BLOCKED"}), 409)
    begun = admin.post(f"/api/opportunities/{before['no']}/stage", json={"action": "First"})
    assert (begun.status_code, begun.json()["stage"]) == (200, 1)
    admin.delete(f"/api/opportunities/{other['no']}").raise_for_status()


def test_sales_reads_cycles_and_changes_none(sales: httpx.Client) -> None:
    assert sales.get(f"{CYCLES}/STANDARD").status_code == 200
    check_problem(sales.post(CYCLES, json=a_cycle("SALES")), 403)
    check_problem(sales.delete(f"{CYCLES}/STANDARD"), 403)
