"""The actions on an open opportunity: from stage to stage of its sales cycle (docs/rules.md, "Opportunities")."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.errors import Conflict, Invalid
from shared.sales import date_formula
from shared.sales.opportunity import Opportunity, Status
from shared.sales.opportunity_history import Action, History
from shared.sales.sales_cycle import SalesCycle, Stage, probability

_NOT_VALID = "The change of the opportunity is not valid."


@dataclass(frozen=True, slots=True)
class StageChange:
    """What is asked for. None keeps what the opportunity has, or takes what the stage says."""

    action: Action
    stage: int | None = None
    date_of_change: date | None = None
    estimated_value: Decimal | None = None
    chances_of_success: Decimal | None = None
    estimated_close_date: date | None = None


def change_stage(history: History, cycle: SalesCycle, change: StageChange, today: date) -> History:
    """The history with one more entry. Raises Invalid, and only then Conflict when the state does not allow it."""
    before = history.opportunity
    target = _target(before, cycle, change)
    on = _date_of_change(history, change, today)
    _check_state(before, cycle, change.action, target)
    stage = target or _as_it_was(before)
    chances = _chances(before, stage, change)
    close = change.estimated_close_date or before.estimated_close_date
    after = replace(
        before,
        status=Status.IN_PROGRESS,
        stage=stage.stage,
        stage_description=stage.description,
        estimated_value=before.estimated_value if change.estimated_value is None else change.estimated_value,
        chances_of_success=chances,
        completed=stage.completed,
        probability=probability(cycle.probability_calculation, chances, stage.completed),
        estimated_close_date=date_formula.after(stage.date_formula, on) if close in (None, on) else close,
    )
    return history.then(after, change.action, on)


def _target(before: Opportunity, cycle: SalesCycle, change: StageChange) -> Stage | None:
    """The stage that the action leads to; None when there is none, or it has been taken out of the cycle."""
    find: dict[Action, Callable[[], Stage | None]] = {
        Action.FIRST: lambda: cycle.stage_after(0),
        Action.NEXT: lambda: cycle.stage_after(before.stage),
        Action.PREVIOUS: lambda: cycle.stage_before(before.stage),
        Action.SKIP: lambda: _named(before, cycle, change),
        Action.JUMP: lambda: _named(before, cycle, change),
        Action.UPDATE: lambda: cycle.stage(before.stage),
    }
    target = find[change.action]()
    leads_to = target.stage if target else before.stage
    if change.stage is not None and change.stage != leads_to:
        raise Invalid(_NOT_VALID, {"stage": f"{change.action} does not lead to stage {change.stage}. Leave it out."})
    return target


def _named(before: Opportunity, cycle: SalesCycle, change: StageChange) -> Stage:
    """The stage that Skip or Jump names: Skip goes forward, Jump back."""
    if change.stage is None:
        raise Invalid(_NOT_VALID, {"stage": f"{change.action} needs a stage."})
    target = cycle.stage(change.stage)
    if target is None:
        raise Invalid(_NOT_VALID, {"stage": f"Sales cycle {cycle.code} has no stage {change.stage}."})
    if change.action is Action.SKIP and target.stage <= before.stage:
        raise Invalid(_NOT_VALID, {"stage": f"Skip goes to a stage after {before.stage}. To go back, use Jump."})
    if change.action is Action.JUMP and target.stage >= before.stage:
        raise Invalid(_NOT_VALID, {"stage": f"Jump goes to a stage before {before.stage}. To go forward, use Skip."})
    return target


def _date_of_change(history: History, change: StageChange, today: date) -> date:
    """The given one, else today. It is never before the active entry's; First may have any date."""
    active = history.active
    if active is None or change.action is Action.FIRST:
        return change.date_of_change or today
    return not_before(active.date_of_change, change.date_of_change, today, "dateOfChange")


def not_before(earliest: date, given: date | None, today: date, field: str) -> date:
    """The given date, or today, or the earliest if that is later. Raises Invalid when the given one is before it."""
    if given is not None and given < earliest:
        raise Invalid(_NOT_VALID, {field: f"The opportunity changed on {earliest} already. Give no earlier date."})
    return given or max(today, earliest)


def _check_state(before: Opportunity, cycle: SalesCycle, action: Action, target: Stage | None) -> None:
    if not before.is_open:
        raise Conflict(f"Opportunity {before.no} is closed and cannot be changed.")
    if action is Action.FIRST and before.status is not Status.NOT_STARTED:
        raise Conflict(f"Opportunity {before.no} is in progress already.")
    if action is not Action.FIRST and before.status is Status.NOT_STARTED:
        raise Conflict(f"Opportunity {before.no} is not started. Activate the first stage.")
    if target is None and action is not Action.UPDATE:
        raise Conflict(f"Sales cycle {cycle.code} has no stage to go to from stage {before.stage} with {action}.")
    if target and action in {Action.NEXT, Action.SKIP}:
        _check_way(before, cycle, target)


def _check_way(before: Opportunity, cycle: SalesCycle, target: Stage) -> None:
    """Forward: every stage passed over allows skipping, and a stage that needs a quote gets one."""
    for stage in cycle.stages:
        if before.stage < stage.stage < target.stage and not stage.allow_skip:
            raise Conflict(f"Stage {stage.stage} ({stage.description}) may not be skipped.")
    if target.quote_required and not before.sales_quote_no:
        raise Conflict(
            f"Stage {target.stage} ({target.description}) requires a sales quote. "
            f"Give opportunity {before.no} its sales quote no. first."
        )


def _chances(before: Opportunity, stage: Stage, change: StageChange) -> Decimal:
    if change.action in {Action.SKIP, Action.JUMP}:
        return stage.chances_of_success
    given = before.chances_of_success if change.chances_of_success is None else change.chances_of_success
    return given or stage.chances_of_success


def _as_it_was(before: Opportunity) -> Stage:
    """The stage of an opportunity, where somebody has taken it out of the cycle."""
    return Stage(before.stage, before.stage_description, before.completed, before.chances_of_success)
