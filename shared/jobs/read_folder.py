"""Reading a folder from its oldest message to its newest, while messages are moved out of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from shared.jobs.mail_ports import Mailbox
from shared.mail.message import BrokenItem, Folder, Message

FIRST = 16
"""Messages that are written before the first of them is moved; then twice as many, and so on."""
LARGEST_PAGE = 1000
"""Messages that Graph lists at once."""
AT_A_TIME = 64
"""Messages that are written while as many are moved: enough to fill transactions, few enough to begin moving soon."""


async def read_folder(
    mailbox: Mailbox, folder: Folder, since: datetime | None, page_size: int, handled: set[str]
) -> AsyncIterator[Sequence[Message | BrokenItem]]:
    """Messages that are not in `handled`, some at a time; each once.

    A page begins where the last one ended, by received time and never by nextLink: what has been moved out is not
    listed again, and would shift the pages after it. What stays, or is still being moved, is listed again and passed
    over; where that fills a page, a larger one is asked for. Only if a thousand of one second stay are they passed
    over by number.
    """
    skip, top, at_a_time = 0, page_size, FIRST
    seen = dict.fromkeys(handled, since)
    while True:
        page = await mailbox.messages_in(folder, since, skip, top)
        fresh = [item for item in page.items if item.item_id not in seen]
        left = fresh
        while left:
            yield left[:at_a_time]
            left, at_a_time = left[at_a_time:], min(2 * at_a_time, AT_A_TIME)
        if not page.more:
            return
        if fresh:
            skip, top = 0, page_size
        elif top < LARGEST_PAGE:
            top = min(2 * top, LARGEST_PAGE)
        else:
            skip += top
        since = max((item.received_at for item in page.items), default=since)
        # What came before cannot be listed again, so it need not be remembered.
        seen = {item_id: at for item_id, at in seen.items() if at is None or since is None or at >= since}
        seen |= {item.item_id: item.received_at for item in page.items}
