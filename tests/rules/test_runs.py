"""What is known of the runs on a mailbox."""

from collections import Counter
from datetime import UTC, datetime

from shared.mail.outcome import Outcome
from shared.mail.runs import MailboxStatus

ONE, TWO = datetime(2026, 11, 2, 9, 30, tzinfo=UTC), datetime(2026, 11, 2, 9, 31, tzinfo=UTC)


def test_a_run_that_went_well_is_a_success_and_adds_to_the_counts() -> None:
    first = MailboxStatus().after_run(ONE, "", Counter({Outcome.LOGGED: 2}), None)
    assert first == MailboxStatus(ONE, ONE, "", ((Outcome.LOGGED, 2),))
    second = first.after_run(TWO, "", Counter({Outcome.LOGGED: 1, Outcome.DRAFT: 1}), None)
    assert second == MailboxStatus(TWO, TWO, "", ((Outcome.DRAFT, 1), (Outcome.LOGGED, 3)))


def test_a_run_that_failed_keeps_the_last_success_and_what_it_did() -> None:
    before = MailboxStatus(ONE, ONE)
    status = before.after_run(TWO, "Key Vault cannot be reached.", Counter({Outcome.LOGGED: 1}), None)
    assert status == MailboxStatus(TWO, ONE, "Key Vault cannot be reached.", ((Outcome.LOGGED, 1),))
    assert status.after_run(TWO, "", Counter(), None).last_error == ""


def test_a_message_that_gets_another_outcome_is_counted_once() -> None:
    before = MailboxStatus(outcomes=((Outcome.LOGGED, 3), (Outcome.UNMATCHED, 1)))
    changed = Counter({Outcome.LOGGED: 1, Outcome.UNMATCHED: -1})
    assert before.after_run(ONE, "", changed, None).outcomes == ((Outcome.LOGGED, 4),)


def test_how_far_archive_was_swept_stays_known() -> None:
    swept = MailboxStatus().after_run(ONE, "", Counter(), ONE)
    assert swept.after_run(TWO, "", Counter(), None).swept_until == ONE
    assert swept.after_run(TWO, "", Counter(), TWO).swept_until == TWO
