"""Which of the history's entries are to be taken back, as the command line chooses them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailrules.cli.lookback import Names, require_known_mailbox
from mailrules.config import ConfigError, Problem
from mailrules.engine.deeds import touched
from mailrules.engine.undone import taken_back
from mailrules.store import Entry, EntryState, HistoryQuery, Store
from mailrules.values import value

_PAGE = 100
"""How many entries are looked through at a time for those that are not taken back."""
_OPEN = frozenset({EntryState.BEGUN, EntryState.PENDING})


@value(frozen=True, slots=True)
class Selection:
    """What the command line chooses."""

    query: HistoryQuery
    mailbox: str | None
    """A path: which mailbox that is, each account knows by itself."""
    last: int | None
    """So many of those that can be taken back, the newest."""


async def chosen(store: Store, selection: Selection, accounts: Iterable[str]) -> Sequence[Entry]:
    """Read what is to be taken back, and what can't be yet. Raises ConfigError for an id or a mailbox unheard of."""
    last, query = selection.last, selection.query
    names, accounts = await Names.read(store), tuple(accounts)
    if selection.mailbox is not None:
        query = replace(query, mailboxes=names.raw(accounts, selection.mailbox))
    entries = await _read(store, query, last)
    if selection.mailbox is not None and not entries:
        await require_known_mailbox(store, names, accounts, selection.mailbox)
    missing = sorted(set(query.ids) - {entry.id for entry in entries})
    if missing and last is None:
        raise ConfigError([Problem(None, None, f"--id {missing[0]}", "the history has no such entry")])
    return entries


async def _read(store: Store, query: HistoryQuery, last: int | None) -> Sequence[Entry]:
    """Read the entries of a query; with ``last`` only so many, those that can be taken back and are not."""
    if last is None:
        entries = await store.history(query)
        return entries if query.ids else [one for one in entries if one.undoes is None and _has_done(one)]
    chosen: list[Entry] = []
    query = replace(query, limit=_PAGE)
    while page := await store.history(query):
        done = [entry for entry in page if touched(entry) and (entry.undoes is None or query.ids)]
        before = await taken_back(store, done)
        chosen += [entry for entry in done if entry.id not in before]
        if len(chosen) >= last:
            break
        query = replace(query, after=page[-1].id)
    return chosen[:last]


def _has_done(entry: Entry) -> bool:
    """Whether there is anything to take back, or will be."""
    return touched(entry) or (entry.state in _OPEN and bool(entry.steps))
