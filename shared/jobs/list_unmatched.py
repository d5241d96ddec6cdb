"""Addresses of held messages that nobody has, most frequent first."""

from shared.jobs.ports import World
from shared.mail.ledger import HeldAddress
from shared.paging import Page, Place


async def list_unmatched(world: World, start: Place | None, limit: int) -> Page[HeldAddress]:
    """A page of them. They are counted while the list is read, so one whose count changes may come twice or not."""
    held = await world.ledger.held_addresses()
    known = await world.directory.parties(one.address for one in held)
    mailboxes = (await world.setups.get()).mailboxes
    unknown = [one for one in held if one.address not in known and one.address not in mailboxes]
    places = sorted(((f"{10**9 - one.count:09d}", one.address, one) for one in unknown), key=lambda place: place[:2])
    if start:
        places = [place for place in places if place[:2] > (start.bucket, start.row_key)]
    shown = places[:limit]
    return Page(
        tuple(one for _, _, one in shown),
        Place(*shown[-1][:2]) if len(places) > limit else None,
    )
