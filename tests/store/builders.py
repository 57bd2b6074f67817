"""Short ways to say which entries, steps and messages a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.store import Checkpoint, Entry, EntryState, Seen, Step, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
ACCOUNT = "work"
INBOX = b"INBOX"
LISTS = b"Lists/&BBoEOAQ1BDI-"


def move(
    target: bytes = LISTS,
    *,
    state: StepState = StepState.BEGUN,
    uidvalidity: int | None = None,
    uidnext: int | None = None,
    uid: int | None = None,
    kind: StepKind = StepKind.MOVE,
) -> Step:
    """Build a MOVE (or COPY) to `target`."""
    return Step(
        kind=kind,
        rule="lists",
        target=target,
        target_uidvalidity=uidvalidity,
        target_uidnext=uidnext,
        target_uid=uid,
        state=state,
    )


def entry(
    uid: int = 1,
    *steps: Step,
    fingerprint: str = "",
    state: EntryState = EntryState.BEGUN,
    due: datetime | None = None,
    mailbox: bytes = INBOX,
    account: str = ACCOUNT,
) -> Entry:
    """Build an entry for the message with this UID; by default it is moved."""
    return Entry(
        account=account,
        mailbox=mailbox,
        uidvalidity=7,
        uid=uid,
        message_id=f"<{uid}@example.org>",
        fingerprint=fingerprint or f"fingerprint-{uid}",
        internaldate=NOW,
        size=2048,
        prior_flags=("\\Seen", "$Invoice"),
        rules=("lists",),
        ruleset="d16e57",
        trace='[{"rule": "lists"}]',
        steps=steps or (move(),),
        state=state,
        due=due,
    )


def seen(uid: int, fingerprint: str = "") -> Seen:
    """Build a message as it is met in a mailbox."""
    return Seen(uid, fingerprint or f"fingerprint-{uid}", NOW)


def checkpoint(uid: int, mailbox: bytes = INBOX, account: str = ACCOUNT) -> Checkpoint:
    """Build the checkpoint that stands at this UID."""
    return Checkpoint(account, mailbox, 7, uid, NOW)


def with_ids(entries: Sequence[Entry]) -> list[int]:
    """List the ids that the store has given."""
    return [entry.id for entry in entries if entry.id is not None]
