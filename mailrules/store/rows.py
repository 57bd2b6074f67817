"""How the journal's values are spelt in rows: times as integers, lists as JSON, text that is not Unicode as bytes."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import overload

from mailrules.store.values import Entry, EntryState, Step, StepKind, StepState

Column = str | bytes | int | None
"""What a column may hold."""

# fmt: off
EntryRow = tuple[
    int, str, bytes, int, int, str, str, int, int, str, str, str, str, int, int, str, int, int, str, int, int, str, str,
    int | None, int | None,
]
"""A row of the view `journal`."""
# fmt: on

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


@overload
def time_column(value: datetime) -> int: ...
@overload
def time_column(value: datetime | None) -> int | None: ...
def time_column(value: datetime | None) -> int | None:
    """Spell an aware time in microseconds since 1970. Raises ValueError for one without a zone.

    A date that some server has given as year 1 or 9999 may lie outside what Python can read back in UTC: it is taken
    to the nearest that can be.
    """
    if value is None:
        return None
    try:
        since = value - _EPOCH
    except TypeError as error:
        raise ValueError("a time in the journal needs a zone") from error
    column = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return column if _EARLIEST <= column <= _LATEST else min(max(column, _EARLIEST), _LATEST)


@overload
def time_value(column: int) -> datetime: ...
@overload
def time_value(column: int | None) -> datetime | None: ...
def time_value(column: int | None) -> datetime | None:
    """Read a time back, in UTC."""
    return None if column is None else _EPOCH + column * _MICROSECOND


def text_column(value: str) -> str | bytes:
    """Spell text. Lone surrogates, as undecodable octets of a header leave them, are no Unicode: bytes hold those."""
    if value.isascii():
        return value
    octets = value.encode("utf-8", "surrogatepass")
    try:
        octets.decode()
    except UnicodeDecodeError:
        return octets
    return value


def text_value(column: str | bytes) -> str:
    """Read text back, whichever way it was spelt."""
    return column if isinstance(column, str) else column.decode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def list_column(values: tuple[str, ...]) -> str:
    """Spell a list of strings. The same few lists of flags and rules come again and again."""
    return json.dumps(values) if values else "[]"


@lru_cache(maxsize=1024)
def list_value(column: str) -> tuple[str, ...]:
    """Read a list of strings back."""
    return tuple(json.loads(column)) if column != "[]" else ()


def message_row(entry: Entry) -> tuple[Column, ...]:
    """Say what is written of the entry's message once; text as it is."""
    return (
        entry.id,
        entry.message_id,
        entry.fingerprint,
        time_column(entry.internaldate),
        entry.size,
        entry.sender,
        entry.subject,
        list_column(entry.prior_flags),
        list_column(entry.rules),
        entry.trace,
    )


def expects_message(entry: Entry, step: Step) -> bool:
    """Whether the step's message is expected where the step has put it: not while it is in hand, or its UID known.

    What is in hand is found through the few open entries.
    """
    if step.target is None or step.target_uid is not None:
        return False
    return step.state is not StepState.BEGUN or entry.state is not EntryState.BEGUN


def entry_value(
    row: EntryRow,
    steps: tuple[Step, ...],
) -> Entry:
    """Read an entry back from a row of the view `journal`."""
    (
        identifier, account, mailbox, uidvalidity, uid, message_id, fingerprint, internaldate, size, prior_flags, rules,
        ruleset, trace, chain, hops, state, attempts, due, reason, begun, finished, sender, subject, undoes,
        retried,
    ) = row  # fmt: skip
    return Entry(
        id=identifier,
        account=text_value(account),
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=uid,
        message_id=text_value(message_id),
        fingerprint=text_value(fingerprint),
        internaldate=time_value(internaldate),
        size=size,
        prior_flags=list_value(prior_flags),
        rules=list_value(rules),
        ruleset=text_value(ruleset),
        trace=text_value(trace),
        chain=bool(chain),
        hops=hops,
        steps=steps,
        state=EntryState(state),
        attempts=attempts,
        due=time_value(due),
        reason=text_value(reason),
        begun=time_value(begun),
        finished=time_value(finished),
        sender=text_value(sender),
        subject=text_value(subject),
        undoes=undoes,
        retried=time_value(retried),
    )


def step_row(entry: Entry, position: int, step: Step, target: int | None) -> tuple[Column, ...]:
    """Spell the entry's step at this position in the order of the table's columns; `target` is a mailbox row's id."""
    return (
        entry.id,
        position,
        step.kind.value,
        text_column(step.rule),
        list_column(step.add) if step.add else "[]",
        list_column(step.remove) if step.remove else "[]",
        None if step.replace is None else list_column(step.replace),
        target,
        step.target_uidvalidity,
        step.target_uidnext,
        step.target_uid,
        text_column(entry.fingerprint) if expects_message(entry, step) else "",
        step.state.value,
    )


def is_usual_step(step: Step) -> bool:
    """Whether the step is one that nothing is known to have come of, as all are at first, and changes no flags.

    In an entry that is BEGUN that is.
    """
    return (
        step.state is StepState.BEGUN
        and not step.add
        and not step.remove
        and step.replace is None
        and step.target_uid is None
    )


def usual_step_row(step: Step, target: int | None) -> tuple[Column, ...]:
    """Spell what such a step of an entry that is BEGUN says beside its place, the same for all of one plan."""
    return step.kind.value, text_column(step.rule), target, step.target_uidvalidity, step.target_uidnext


def step_value(
    row: tuple[str, str, str, str, str | None, bytes | None, int | None, int | None, int | None, str],
) -> Step:
    """Read a step back."""
    kind, rule, add, remove, replace, target, uidvalidity, uidnext, uid, state = row
    return Step(
        kind=StepKind(kind),
        rule=text_value(rule),
        add=list_value(add),
        remove=list_value(remove),
        replace=None if replace is None else list_value(replace),
        target=target,
        target_uidvalidity=uidvalidity,
        target_uidnext=uidnext,
        target_uid=uid,
        state=StepState(state),
    )
