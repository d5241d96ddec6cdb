"""The mails of the last three weeks: each file in `stories/` is one thread, or one kind of noise."""

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

from local.sample.letter import fix_boundaries, invite, letter, report_failure
from local.sample.people import Directory

FILES = Path(__file__).with_name("stories")
PAST_DAYS = 14


def told(people: Directory, now: datetime) -> list[EmailMessage]:
    """All mails of all stories, oldest first, as if the last of them had been sent a few minutes before `now`."""
    mails = [mail for story in sorted(FILES.glob("*.toml")) for mail in _thread(story, people, now.astimezone(UTC))]
    return sorted(mails, key=lambda mail: mail["Date"].datetime)


def _thread(story: Path, people: Directory, now: datetime) -> list[EmailMessage]:
    mails: dict[str, EmailMessage] = {}
    for facts in tomllib.loads(story.read_text("utf-8"))["mail"]:
        key = f"{story.stem}/{facts['id']}/{now.isoformat()}"
        answered = mails[facts["answers"]] if "answers" in facts else None
        mail = mails[facts["id"]] = letter(facts, people, moment(facts["when"], now), key, answered)
        if "meeting" in facts:
            meeting = facts["meeting"]
            start = moment(f"day {meeting['day']} {meeting['at']}", now)
            invite(mail, start, start + timedelta(minutes=meeting["minutes"]), meeting["place"])
        if "report" in facts:
            report_failure(mail, facts["report"])
        fix_boundaries(mail)
    return list(mails.values())


def moment(when: str, now: datetime) -> datetime:
    """`day 3 09:12` or `26 minutes ago`, as time in UTC, which is the time in Iceland all year.

    Days are working days: day 14 is the last one before today and day 15 the first one after, so that whatever day
    it is the stories begin less than three weeks ago and their meetings lie ahead.
    """
    if ago := re.fullmatch(r"(\d+) minutes ago", when):
        return now.replace(second=0, microsecond=0) - timedelta(minutes=int(ago[1]))
    _, day, clock = when.split()
    return datetime.combine(_working_day(now.date(), int(day) - PAST_DAYS), time.fromisoformat(clock), UTC)


def _working_day(today: date, number: int) -> date:
    """0 is the last working day before `today`, -1 the one before it; 1 is the first one after `today`."""
    step, wanted = (timedelta(1), number) if number > 0 else (timedelta(-1), 1 - number)
    day = today
    while wanted:
        day += step
        wanted -= day.weekday() < 5
    return day
