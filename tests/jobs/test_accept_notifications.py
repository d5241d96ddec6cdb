"""What Graph tells us becomes a note on the queue, if Graph knows the secret of the subscription."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.jobs.accept_notifications import accept_notifications
from shared.jobs.ports import World
from shared.mail.subscription import Notice, Subscription
from tests.jobs.aftermath import notes

NOW = datetime.now(UTC)
OURS = Subscription("ours", "log@nordurljos.example", "secret", NOW + timedelta(days=6))
OTHER = replace(OURS, id="other", mailbox="second@nordurljos.example", client_state="another")


@pytest.fixture(autouse=True)
async def subscriptions(world: World) -> None:
    await world.subscriptions.put(OURS)
    await world.subscriptions.put(OTHER)


async def test_however_often_a_mailbox_is_named_a_run_is_asked_for_once(world: World, storage: str) -> None:
    told = [Notice("ours", "secret")] * 3 + [Notice("other", "another")]

    await accept_notifications(world, told)

    assert sorted(await notes(storage)) == [OURS.mailbox, OTHER.mailbox]


@pytest.mark.parametrize(
    "forged",
    [
        Notice("ours", ""),
        Notice("ours", "guess"),
        Notice("ours", "secre"),
        Notice("ours", "sécret"),
        Notice("ours", "another"),
        Notice("unknown", "secret"),
        Notice("", ""),
        Notice("ours", "guess", "subscriptionRemoved"),
    ],
)
async def test_who_does_not_know_the_secret_of_the_subscription_is_left_alone(
    world: World, storage: str, forged: Notice
) -> None:
    await accept_notifications(world, [forged])

    assert await notes(storage) == []
    subscription = await world.subscriptions.find("ours")
    assert subscription
    assert not subscription.is_due(NOW)


@pytest.mark.parametrize(
    ("event", "is_due"), [("missed", False), ("subscriptionRemoved", True), ("reauthorizationRequired", True)]
)
async def test_a_lifecycle_notice_has_the_mailbox_read_and_the_subscription_looked_after(
    world: World, storage: str, event: str, is_due: bool
) -> None:
    await accept_notifications(world, [Notice("ours", "secret", event)])

    assert await notes(storage) == [OURS.mailbox]
    subscription = await world.subscriptions.get(OURS.mailbox)
    assert subscription
    assert subscription.is_due(NOW) is is_due
