"""Entries of one account tried again, and what came of them shown as ``apply`` shows it."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from mailrules.cli.applying import applying
from mailrules.cli.tally import Tally
from mailrules.config import Loaded
from mailrules.engine.apply import ApplySummary
from mailrules.engine.journal import Paths, outcome_in
from mailrules.engine.retrying import retry
from mailrules.store import Entry, EntryState, HistoryQuery, Store

OPEN = frozenset({EntryState.BEGUN, EntryState.PENDING, EntryState.HELD})
"""What can be tried again."""


async def take_up(loaded: Loaded, account: str, store: Store, entries: Sequence[Entry], tally: Tally) -> None:
    """Try the entries again that are still open; for whoever holds the account's lease."""
    ids = tuple(entry.id for entry in entries if entry.id is not None)
    # Until it has paused, a daemon may have finished some of them.
    still_open = tuple(reversed(await store.history(HistoryQuery(ids=ids, states=OPEN)))) if ids else ()
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    settings = loaded.config.accounts[account]
    async with applying(loaded, account, settings, store, lambda _outcome: None) as work:
        paths = Paths(work.session.namespace)
        with tally.progress(account) as progress:
            number = 0
            async for entry in retry(work.context, work.session, still_open):
                number += 1
                progress(number, len(still_open))
                outcome = outcome_in(paths, entry)
                tally.report(outcome)
                counted[outcome.mailbox].update([*outcome.rules, ""])
    tally.settle()
    for mailbox, rules in counted.items():
        messages = rules.pop("")
        tally.add(account, mailbox, ApplySummary(messages, rules, done=0, pending=0, held=0))
