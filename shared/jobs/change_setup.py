"""Changing the setup, and starting and stopping logging."""

from dataclasses import replace

from shared.errors import Conflict, Invalid
from shared.etags import check_match
from shared.jobs.ports import World
from shared.mail.address import is_valid
from shared.mail.setup import EmailLoggingSetup


async def change_setup(world: World, wanted: EmailLoggingSetup, if_match: str | None) -> EmailLoggingSetup:
    """Writes what the administrator decided. Whether logging is enabled stays as it is.

    Raises Invalid, Conflict (a setup that is enabled cannot become incomplete), Stale when `if_match` is not the etag.
    """
    if bad := [address for address in wanted.mailboxes if not is_valid(address)]:
        raise Invalid("The setup is not valid.", {"mailboxes": f"Not an e-mail address: {', '.join(bad)}."})
    cycle = await world.sales_cycles.find(wanted.default_sales_cycle_code)
    if cycle is None:
        message = f"There is no sales cycle {wanted.default_sales_cycle_code}."
        raise Invalid("The setup is not valid.", {"defaultSalesCycleCode": message})
    before = await world.setups.get()
    check_match(before, if_match)
    wanted = replace(wanted, default_sales_cycle_code=cycle.code)
    after = replace(wanted, enabled=before.enabled, enabled_at=before.enabled_at, etag="")
    if after.enabled and after.missing:
        raise Conflict("Email Logging is enabled and needs a mailbox and a client id. Disable it first.")
    for address in after.mailboxes:
        if after.enabled and address not in before.mailboxes:
            await world.runs.begin_sweeping(address, world.clock())
    return await world.setups.change(before, after)


async def enable(world: World, if_match: str | None = None) -> EmailLoggingSetup:
    """Starts logging. Raises Stale, or Conflict when something is missing in the setup."""
    before = await world.setups.get()
    check_match(before, if_match)
    if before.missing:
        raise Conflict(f"The setup is not complete. Missing: {', '.join(before.missing)}.")
    if before.enabled:
        return before
    after = await world.setups.change(before, replace(before, enabled=True, enabled_at=world.clock()))
    await world.hints.renew_subscriptions()
    return after


async def disable(world: World, if_match: str | None = None) -> EmailLoggingSetup:
    """Stops logging at once: no further run begins. Raises Stale."""
    before = await world.setups.get()
    check_match(before, if_match)
    if not before.enabled:
        return before
    return await world.setups.change(before, replace(before, enabled=False))
