"""What must hold when nothing happens any more and all is done, whatever happened before."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables.aio import TableServiceClient

from shared.mail.ledger import LedgerRow
from shared.mail.matching import PartyKind
from shared.mail.outcome import Mark, NotLoggedAction, Outcome
from shared.sales.interaction import Interaction, InteractionFilter
from shared.storage.columns import from_columns
from tests.faults.letters import Letter
from tests.faults.schedule import Arrived, Schedule
from tests.jobs.aftermath import entries, ledger

ALL = (None, None, None, 1000)
_NOT_LOGGED = {
    NotLoggedAction.MOVE: "Not logged",
    NotLoggedAction.LEAVE: "Inbox",
    NotLoggedAction.DELETE: "Deleted Items",
}


async def complaints(schedule: Schedule) -> list[str]:
    """What does not hold; nothing, if all is well."""
    async with TableServiceClient.from_connection_string(schedule.storage) as service:
        plans, written, listed, held = [
            await _rows(service, table) for table in ("messages", "interactions", "messagelists", "heldmessages")
        ]
    rows = [from_columns(LedgerRow, row) for row in plans if not row["RowKey"].endswith("-tries")]
    log = [from_columns(Interaction, row) for row in written]
    found = [
        *(f"in the list of the open: {row}" for row in listed if row["PartitionKey"].startswith("open-")),
        *(f"still to be matched again: {row}" for row in held if row["PartitionKey"].startswith("rematch-")),
        *(f"not finished: {row.message.subject}" for row in rows if not row.finished),
        *_every_message_has_its_row(schedule, rows),
        *_the_log_is_what_the_ledger_says(rows, log),
        *_each_mail_is_logged_once(schedule, rows, log),
        *_a_forged_id_is_marked(schedule, rows),
        *_messages_lie_where_they_belong(schedule, rows),
    ]
    found += await _the_ledgers_lists_are_true(schedule, rows)
    found += await _the_logs_lists_are_true(schedule, log)
    found += await _nobody_held_is_known(schedule, rows)
    return found


def _every_message_has_its_row(schedule: Schedule, rows: Sequence[LedgerRow]) -> Iterator[str]:
    known = Counter(row.message.item_id for row in rows)
    for one in schedule.arrived:
        count = known.pop(one.item.immutable_id, 0)
        if count > 1:
            yield f"{count} rows for {_named(one)}"
        if not count and schedule.holds(one) and one.item.folder.display_name in {"Inbox", "Archive"}:
            yield f"no row for {_named(one)} in {one.item.folder.display_name}"
    yield from (f"a row for an item that never came: {item_id}" for item_id in known)


def _the_log_is_what_the_ledger_says(rows: Sequence[LedgerRow], log: Sequence[Interaction]) -> Iterator[str]:
    logged = [row for row in rows if row.decision.outcome is Outcome.LOGGED]
    ids = Counter(entry_id for row in logged for entry_id in row.interaction_ids)
    if ids != Counter(entry.id for entry in log):
        yield f"the ledger says {sorted(ids.elements())}, the log has {sorted(entry.id for entry in log)}"
    yield from (f"{row.message.subject} is logged, without entries" for row in logged if not row.interaction_ids)


def _each_mail_is_logged_once(
    schedule: Schedule, rows: Sequence[LedgerRow], log: Sequence[Interaction]
) -> Iterator[str]:
    """Of the same mails one is decided about, and the others are duplicates; unless they are to nobody."""
    for letter, copies in _by_letter(schedule, rows).items():
        decided = [row for row in copies if row.decision.outcome is not Outcome.DUPLICATE]
        if copies and len(decided) != 1 and letter.kind.outcome is not Outcome.NO_RECIPIENTS:
            yield f"{letter.subject}: {[row.decision.outcome for row in copies]}"
        pairs = [(entry.contact_no, entry.salesperson_code) for entry in log if entry.subject == letter.subject]
        if len(set(pairs)) != len(pairs):
            yield f"{letter.subject} is logged twice: {pairs}"
        for row in decided:
            if letter.kind.outcome and (row.decision.outcome, frozenset(pairs)) != (
                letter.kind.outcome,
                letter.kind.pairs,
            ):
                yield f"{letter.subject} is {row.decision.outcome} with {pairs}"


def _a_forged_id_is_marked(schedule: Schedule, rows: Sequence[LedgerRow]) -> Iterator[str]:
    """Of several mails with one Message-ID, all but the first."""
    unmarked = Counter(
        letter.message_id
        for letter, copies in _by_letter(schedule, rows).items()
        if copies and not any(Mark.ID_COLLISION in row.decision.marks for row in copies)
    )
    yield from (f"{count} mails are {name}, and not marked" for name, count in unmarked.items() if count > 1)


def _by_letter(schedule: Schedule, rows: Sequence[LedgerRow]) -> dict[Letter, list[LedgerRow]]:
    letters: dict[Letter, list[LedgerRow]] = {one.letter: [] for one in schedule.arrived}
    by_item = {one.item.immutable_id: one.letter for one in schedule.arrived}
    for row in rows:
        letters[by_item[row.message.item_id]].append(row)
    return letters


def _messages_lie_where_they_belong(schedule: Schedule, rows: Sequence[LedgerRow]) -> Iterator[str]:
    not_logged = _NOT_LOGGED[schedule.setup.messages_not_logged]
    outcomes = {row.message.item_id: row.decision.outcome for row in rows}
    for one in schedule.arrived:
        outcome = outcomes.get(one.item.immutable_id)
        place = "Archive" if outcome is Outcome.LOGGED else not_logged
        if one.item.folder.display_name != place and one.item.immutable_id not in schedule.touched:
            yield f"{_named(one)} is {outcome} and lies in {one.item.folder.display_name}"
        if one.item.folder.display_name == "Inbox" and place != "Inbox" and schedule.holds(one):
            yield f"{_named(one)} is {outcome} and lies in Inbox"


async def _the_ledgers_lists_are_true(schedule: Schedule, rows: Sequence[LedgerRow]) -> list[str]:
    found = _differences("list of all messages", rows, await ledger(schedule.world))
    for outcome in Outcome:
        page = await schedule.world.ledger.page(outcome, "", *ALL)
        found += _differences(
            f"list of {outcome}", [row for row in rows if row.decision.outcome is outcome], page.items
        )
    return found


async def _the_logs_lists_are_true(schedule: Schedule, log: Sequence[Interaction]) -> list[str]:
    found = _differences("log", log, await entries(schedule.world))
    fields: tuple[Callable[[Interaction], tuple[str, str]], ...] = (
        lambda entry: ("contact_no", entry.contact_no),
        lambda entry: ("company_no", entry.company_no),
        lambda entry: ("salesperson_code", entry.salesperson_code),
        lambda entry: ("conversation_id", entry.conversation_id),
    )
    for field in fields:
        for name, value in {field(entry) for entry in log if field(entry)[1]}:
            page = await schedule.world.interactions.page(InteractionFilter(**{name: value}), *ALL)  # type: ignore[arg-type]
            wanted = [entry for entry in log if field(entry)[1] == value]
            found += _differences(f"log of {name} {value}", wanted, page.items)
    return found


async def _nobody_held_is_known(schedule: Schedule, rows: Sequence[LedgerRow]) -> list[str]:
    """And the addresses of those that are held lead to them."""
    held = [row.message for row in rows if row.decision.outcome is Outcome.UNMATCHED]
    parties = await schedule.world.directory.parties({address for message in held for address in message.addresses})
    kinds = {address: party.kind for address, party in parties.items()}
    counts = Counter(address for message in held for address in message.addresses)
    shown = {one.address: one.count for one in await schedule.world.ledger.held_addresses()}
    found = [] if shown == counts else [f"held are {counts}, shown are {shown}"]
    for message in held:
        both = {kinds.get(message.from_address)} | {kinds.get(address) for address in message.recipients}
        if message.from_address in kinds and both >= {PartyKind.CONTACT, PartyKind.SALESPERSON}:
            found.append(f"{message.subject} is held, though its parties are known: {parties}")
    return found


def _differences(where: str, wanted: Sequence[Any], shown: Sequence[Any]) -> list[str]:
    """Whether a list shows what the canonical rows are, each once."""
    rows, copies = ({one.id: replace(one, etag="") for one in some} for some in (wanted, shown))
    twice = [f"{where}: one is there twice"] if len(shown) != len(copies) else []
    return twice + [
        f"{where}: {rows.get(key)} is shown as {copies.get(key)}"
        for key in rows.keys() | copies.keys()
        if rows.get(key) != copies.get(key)
    ]


def _named(one: Arrived) -> str:
    return f"{one.letter.subject} ({one.item.serial})"


async def _rows(service: TableServiceClient, table: str) -> list[dict[str, Any]]:
    try:
        return [dict(row) async for row in service.get_table_client(table).list_entities()]
    except ResourceNotFoundError:
        return []
