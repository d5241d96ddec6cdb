"""Keeping sales cycles: what must be true of one before it is written, or deleted."""

from dataclasses import replace

from shared.errors import Conflict, Invalid
from shared.etags import check_match
from shared.jobs.ports import World
from shared.sales.sales_cycle import SalesCycle, faults_of


async def add_sales_cycle(world: World, cycle: SalesCycle) -> SalesCycle:
    """Raises Invalid, or Conflict when there is one with its code."""
    return await world.sales_cycles.add(_checked(cycle))


async def change_sales_cycle(world: World, cycle: SalesCycle, if_match: str | None) -> SalesCycle:
    """Raises Invalid, NotFound, Stale, or Conflict when an open opportunity is in a stage that is to go.

    Open opportunities keep what they have, and go by the new stages from their next action on.
    """
    cycle = _checked(cycle)
    before = await world.sales_cycles.get(cycle.code)
    check_match(before, if_match)
    kept = {stage.stage for stage in cycle.stages}
    await _refuse_while_in_use(world, before, [stage.stage for stage in before.stages if stage.stage not in kept])
    return await world.sales_cycles.change(before, replace(cycle, code=before.code))


async def remove_sales_cycle(world: World, code: str, if_match: str | None) -> None:
    """Raises NotFound, Stale, or Conflict when it is the default one, or an open opportunity uses it."""
    cycle = await world.sales_cycles.get(code)
    check_match(cycle, if_match)
    if (await world.setups.get()).default_sales_cycle_code.upper() == cycle.code.upper():
        raise Conflict(f"Sales cycle {cycle.code} is the default one. Choose another in the setup first.")
    await _refuse_while_in_use(world, cycle, [0, *(stage.stage for stage in cycle.stages)])
    await world.sales_cycles.remove(cycle)


def _checked(cycle: SalesCycle) -> SalesCycle:
    if faults := faults_of(cycle):
        raise Invalid("The sales cycle is not valid.", faults)
    return replace(cycle, stages=tuple(sorted(cycle.stages, key=lambda stage: stage.stage)))


async def _refuse_while_in_use(world: World, cycle: SalesCycle, stages: list[int]) -> None:
    for stage in stages:
        if no := await world.opportunities.open_in_stage(cycle.code, stage):
            where = f"in stage {stage} of" if stage else "in"
            raise Conflict(f"Opportunity {no} is open {where} sales cycle {cycle.code}.")
