"""The ledger's store: a plan for each item that counts for ever, claims on mails, the unfinished, the held."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import NotFound
from shared.mail.decision import Claim, Decision
from shared.mail.ledger import HeldAddress, LedgerRow, RematchRequest
from shared.mail.message_key import item_key
from shared.mail.outcome import Outcome
from shared.storage.claims import CLAIM_LASTS, LEDGER
from shared.storage.keys import ledger_key
from shared.storage.ledger import LISTED_FIRST, TRIES_APART, LedgerStore
from shared.storage.tables import Tables
from tests.storage.stock import LOG, NEWEST, at, row

NOW = NEWEST
CARL, ANNA = "carl@glencorran.example", "anna@nordurljos.example"


@pytest.fixture
def ledger(tables: Tables) -> LedgerStore:
    return LedgerStore(tables)


async def carry_out(ledger: LedgerStore, *rows: LedgerRow) -> None:
    finished = await ledger.finish(await ledger.begin(rows))
    await ledger.publish(finished)
    await ledger.close(finished)


async def listed(ledger: LedgerStore, outcome: Outcome | None = None, address: str = "") -> list[str]:
    page = await ledger.page(outcome, address, None, None, None, 200)
    return [one.message.item_id for one in page.items]


async def test_the_first_plan_of_an_item_counts_for_ever(ledger: LedgerStore) -> None:
    first, second = row(1), row(1, Outcome.UNMATCHED)
    begun = await ledger.begin([first])
    assert [replace(one, etag="") for one in begun] == [first]

    again = await ledger.begin([second, row(2)])

    assert [replace(one, etag="") for one in again] == [first, row(2)]
    assert again == [await ledger.get(first.id), await ledger.get(row(2).id)], "with the etags that they have"
    with pytest.raises(NotFound):
        await ledger.get(row(3).id)


async def test_a_plan_that_came_second_is_not_left_open(ledger: LedgerStore) -> None:
    await carry_out(ledger, row(1))

    (counts,) = await ledger.begin([replace(row(1), decided_at=NOW)])

    assert counts.finished
    assert await ledger.count_open(LOG) == 0


async def test_of_plans_at_the_same_moment_all_follow_one(ledger: LedgerStore) -> None:
    for number in range(5):
        plans = [replace(row(number), decision=Decision(Outcome.LOGGED, f"By worker {n}.")) for n in range(4)]

        answers = await asyncio.gather(*(ledger.begin([plan]) for plan in plans))

        assert len({answer[0].decision.reason for answer in answers}) == 1


async def test_nobody_reads_a_plan_before_it_is_published_and_nobody_forgets_one_before_it_is_closed(
    ledger: LedgerStore,
) -> None:
    begun = await ledger.begin([row(1)])
    assert (await listed(ledger), await ledger.count_open(LOG)) == ([], 1)
    assert await ledger.open(LOG, NOW) == begun

    finished = await ledger.finish(begun)
    assert (await listed(ledger), await ledger.count_open(LOG)) == ([], 1)
    assert [one.finished for one in await ledger.open(LOG, NOW)] == [True]

    await ledger.publish(finished)
    assert (await listed(ledger), await ledger.count_open(LOG)) == (["item 1"], 1)

    await ledger.close(finished)
    assert (await listed(ledger), await ledger.count_open(LOG)) == (["item 1"], 0)
    (again,) = await ledger.begin([row(1)])
    assert again.finished, "whoever sees the item once more learns that it is done"


async def test_open_plans_come_oldest_day_first_and_only_of_their_mailbox(ledger: LedgerStore) -> None:
    days = [row(24 * day) for day in range(5)]
    elsewhere = replace(row(1), id="other-20261101-item", message=replace(row(1).message, mailbox="b@log.example"))
    await ledger.begin([*days, elsewhere])

    assert [one.message.received_at for one in await ledger.open(LOG, NOW)] == [at(24 * n) for n in (4, 3, 2, 1, 0)]
    assert [one.id for one in await ledger.open("b@log.example", NOW)] == [elsewhere.id]
    assert await ledger.count_open(LOG) == 5


async def test_a_plan_that_is_listed_and_not_written_yet_is_not_forgotten_before_its_worker_must_be_dead(
    ledger: LedgerStore, tables: Tables
) -> None:
    await ledger.begin([row(1)])
    await tables.delete(LEDGER, *ledger_key(row(1).id))
    soon, late = row(1).decided_at + LISTED_FIRST, row(1).decided_at + 2 * LISTED_FIRST

    assert await ledger.open(LOG, soon) == []
    assert await ledger.count_open(LOG) == 1
    assert await ledger.open(LOG, late) == []
    assert await ledger.count_open(LOG) == 0


async def test_a_plan_that_was_decided_anew_is_not_finished_as_it_was_before(ledger: LedgerStore) -> None:
    (slow,) = await ledger.begin([row(1, Outcome.UNMATCHED)])
    (quick,) = await ledger.finish([slow])
    stored = await ledger.get(quick.id)
    (opened,) = await ledger.reopen([_anew(stored)])

    assert [one.id for one in await ledger.finish([slow, *await ledger.begin([row(2)])])] == [row(2).id]

    assert (await ledger.get(slow.id)).decision.outcome is Outcome.LOGGED
    assert not (await ledger.get(slow.id)).finished
    await ledger.close([quick])
    assert [one.id for one in await ledger.open(LOG, NOW)] == [opened.id, row(2).id]


async def test_what_was_published_late_from_an_old_plan_is_taken_back(ledger: LedgerStore) -> None:
    (held,) = await ledger.finish(await ledger.begin([row(1, Outcome.UNMATCHED)]))
    opened = await ledger.reopen([_anew(await ledger.get(held.id))])
    finished = await ledger.finish(opened)
    await ledger.publish(finished)
    await ledger.close(finished)
    await ledger.publish([held])  # by a worker that lost its lease, and so does not close it
    assert await listed(ledger, Outcome.UNMATCHED) == ["item 1"]

    await ledger.publish(await ledger.open(LOG, NOW))

    assert (await listed(ledger, Outcome.UNMATCHED), await listed(ledger, Outcome.LOGGED)) == ([], ["item 1"])
    assert await ledger.held_addresses() == []
    assert await ledger.count_open(LOG) == 0


async def test_publishing_and_finishing_again_changes_nothing(ledger: LedgerStore) -> None:
    held = row(1, Outcome.UNMATCHED)
    for _ in range(3):
        await carry_out(ledger, held)

    assert await listed(ledger) == ["item 1"]
    assert set(await ledger.held_addresses()) == {HeldAddress(CARL, 1), HeldAddress(ANNA, 1)}


async def test_lists_are_by_outcome_by_address_and_newest_first(ledger: LedgerStore) -> None:
    stranger = row(3, Outcome.UNMATCHED)
    stranger = replace(stranger, message=replace(stranger.message, from_address="stranger@x.example"))
    await carry_out(ledger, row(1), row(2, Outcome.DUPLICATE), stranger, row(4))

    assert await listed(ledger) == ["item 1", "item 2", "item 3", "item 4"]
    assert await listed(ledger, Outcome.LOGGED) == ["item 1", "item 4"]
    assert await listed(ledger, Outcome.UNMATCHED) == ["item 3"]
    assert await listed(ledger, Outcome.FAILED) == []
    assert await listed(ledger, address="stranger@x.example") == ["item 3"]
    assert await listed(ledger, Outcome.LOGGED, CARL) == ["item 1", "item 4"]
    page = await ledger.page(None, "", at(3), at(1), None, 10)
    assert [one.message.item_id for one in page.items] == ["item 2", "item 3"], "from the first, before the last"


async def test_a_plan_is_changed_by_one_and_the_other_gets_theirs(ledger: LedgerStore) -> None:
    await ledger.begin([row(1)])
    stored = await ledger.get(row(1).id)
    mine, theirs = (replace(stored, decision=Decision(Outcome.FAILED, reason)) for reason in ("Mine.", "Theirs."))

    assert (await ledger.change(theirs)).decision.reason == "Theirs."
    assert (await ledger.change(mine)).decision.reason == "Theirs."


async def test_a_message_that_came_back_is_in_the_list_of_its_new_outcome_only(ledger: LedgerStore) -> None:
    held = row(1, Outcome.UNMATCHED)
    await carry_out(ledger, held, row(2, Outcome.UNMATCHED))
    anew = _anew(await ledger.get(held.id))

    opened = await ledger.reopen([anew])
    assert len(opened) == 1
    assert await ledger.reopen([anew]) == [], "only one reopens it"
    assert await ledger.open(LOG, NOW) == opened
    finished = await ledger.finish(opened)
    await ledger.publish(finished)
    await ledger.close(finished)

    assert (await listed(ledger, Outcome.UNMATCHED), await listed(ledger, Outcome.LOGGED)) == (["item 2"], ["item 1"])
    assert await listed(ledger) == ["item 1", "item 2"]
    held_now = [some async for some in ledger.held(LOG, RematchRequest(CARL, NOW))]
    assert [[one.message.item_id for one in some.rows] for some in held_now] == [["item 2"]]
    from_there = RematchRequest(CARL, NOW, after=held_now[0].last)
    assert [some async for some in ledger.held(LOG, from_there)] == []
    assert sorted(await ledger.held_among([CARL, "nobody@x.example"])) == [CARL]
    assert {one.address: one.count for one in await ledger.held_addresses()} == {CARL: 1, ANNA: 1}


async def test_tries_are_counted_for_an_item_with_or_without_a_plan_if_some_time_lies_between(
    ledger: LedgerStore,
) -> None:
    times = [NOW + number * TRIES_APART for number in range(4)]
    assert [await ledger.count_try(row(1).id, at) for at in times[:3]] == [1, 2, 3]
    assert await ledger.count_try(row(1).id, times[3] - timedelta(seconds=1)) == 3
    await ledger.begin([row(1)])
    assert await ledger.count_try(row(1).id, times[3]) == 4
    assert await ledger.count_try(row(2).id, times[3]) == 1


async def test_the_first_item_with_a_mail_owns_it_for_ever(ledger: LedgerStore) -> None:
    mail = row(1).message
    copy = replace(mail, item_id="copy", received_at=mail.received_at + timedelta(days=1))

    assert await ledger.claim([mail], NOW) == {"item 1": Claim("item 1")}
    for _ in range(2):
        assert await ledger.claim([copy, mail], NOW) == {"copy": Claim("item 1"), "item 1": Claim("item 1")}


async def test_of_many_items_with_one_mail_at_the_same_moment_one_owns_it(ledger: LedgerStore) -> None:
    for number in range(5):
        copies = [replace(row(number).message, item_id=f"copy {number}-{n}") for n in range(4)]

        claims = await asyncio.gather(*(ledger.claim([copy], NOW) for copy in copies))

        assert len({claim.owner for answer in claims for claim in answer.values()}) == 1
        assert not any(claim.collides for answer in claims for claim in answer.values())


@pytest.mark.parametrize(
    "changes", [{"subject": "Other"}, {"from_address": "forger@x.example"}, {"sent_at": at(1) - timedelta(seconds=1)}]
)
async def test_a_mail_that_shares_nothing_but_the_message_id_is_another_mail_and_marked(
    ledger: LedgerStore, changes: dict[str, object]
) -> None:
    mail = row(1).message
    other = replace(mail, item_id="other", **changes)  # type: ignore[arg-type]

    claims = await ledger.claim([mail, other], NOW)

    assert claims == {"item 1": Claim("item 1"), "other": Claim("other", collides=True)}
    assert await ledger.claim([other, mail], NOW) == claims


async def test_what_was_decided_is_known_also_to_a_worker_that_starts_later(
    ledger: LedgerStore, tables: Tables
) -> None:
    await carry_out(ledger, row(1, Outcome.UNMATCHED))
    await ledger.begin([row(2)])

    for worker in (ledger, LedgerStore(tables)):
        for _ in range(2):
            known = await worker.known(LOG, [row(n).message for n in (1, 2, 3)])
            assert known == {"item 1": Outcome.UNMATCHED, "item 2": Outcome.LOGGED}


async def test_a_mail_whose_owner_came_to_nothing_is_taken_over_after_a_while(ledger: LedgerStore) -> None:
    mail = row(1).message
    copy = replace(mail, item_id="copy")
    await ledger.claim([mail], NOW)

    assert await ledger.claim([copy], NOW + CLAIM_LASTS / 2) == {"copy": Claim("item 1", decided=False)}
    assert await ledger.claim([copy], NOW + CLAIM_LASTS) == {"copy": Claim("copy")}
    assert await ledger.claim([mail], NOW + CLAIM_LASTS) == {"item 1": Claim("copy", decided=False)}
    await ledger.begin([replace(row(1), id=item_key(LOG, "copy", copy.received_at), message=copy)])
    assert await ledger.claim([mail], NOW + 2 * CLAIM_LASTS) == {"item 1": Claim("copy")}


async def test_requests_to_match_again_are_kept_once_until_they_are_dropped(ledger: LedgerStore) -> None:
    await ledger.request_rematch(LOG, [CARL, ANNA], NOW)
    await ledger.request_rematch(LOG, [CARL], NOW)

    requests = {request.address: request for request in await ledger.rematch_requests(LOG)}
    assert sorted(requests) == [ANNA, CARL]
    await ledger.request_rematch(LOG, [CARL], NOW)
    for _ in range(2):
        await ledger.drop_rematch_request(LOG, requests[ANNA])
        await ledger.drop_rematch_request(LOG, requests[CARL])
    assert [request.address for request in await ledger.rematch_requests(LOG)] == [CARL], "made again meanwhile"
    assert await ledger.rematch_requests("b@log.example") == []


def _anew(row: LedgerRow) -> LedgerRow:
    """Logged, after it was held."""
    return replace(
        row,
        decision=Decision(Outcome.LOGGED, "Now known."),
        decided_at=row.decided_at + timedelta(minutes=1),
        finished=False,
        was=Outcome.UNMATCHED,
    )
