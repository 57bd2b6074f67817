"""``mailrules history``: shows what was done to which message, by which rule, and when."""

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailrules.cli.applying import readable_state
from mailrules.cli.failures import complain
from mailrules.cli.historyview import View
from mailrules.cli.lookback import Names, Setting, find_setting, has_state, require_known, require_known_mailbox
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.spans import moment
from mailrules.engine.undone import taken_back
from mailrules.store import EntryState, HistoryQuery, Store

_NEWEST = 50
"""How many entries a terminal is shown unless it asks for more."""
_PAGE = 500
"""How many are read at a time: the state's own log can't be cleared while somebody reads."""


def command(  # noqa: PLR0913, PLR0917 - each is an option
    config: ConfigFile = None,
    account: AccountName = None,
    mailbox: Annotated[str | None, typer.Option(metavar="NAME", help="Found in this mailbox, or put there.")] = None,
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="What this rule did.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Since then: 1h, 2d, a date, 14:30.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")] = None,
    message_id: Annotated[str | None, typer.Option(metavar="ID", help="This message.")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="TEXT", help="With this in the sender.")] = None,
    subject: Annotated[str | None, typer.Option(metavar="TEXT", help="With this in the subject.")] = None,
    held: Annotated[bool, typer.Option("--held", help="What needs a person.")] = False,
    pending: Annotated[
        bool, typer.Option("--pending", help="What is not finished, and tried again by itself.")
    ] = False,
    ids: Annotated[list[int] | None, typer.Option("--id", metavar="N", help="This entry.")] = None,
    last: Annotated[int | None, typer.Option(metavar="N", min=1, help="The newest N entries.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All entries, on a terminal too.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Show the reasons, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was done to which message, by which rule, and when.

    The newest comes first. It reads the state alone and asks no server. Several choices hold together. A terminal is
    shown the newest 50 unless you say --last or --all.
    """
    setting = find_setting(config)
    states = {EntryState.HELD} if held else set()
    states |= {EntryState.PENDING, EntryState.BEGUN} if pending else set()
    now = datetime.now(UTC)
    query = HistoryQuery(
        account=account,
        rule=rule,
        since=moment("--since", since, now, setting.timezone) if since else None,
        until=moment("--until", until, now, setting.timezone) if until else None,
        message_id=f"<{message_id.strip().strip('<>')}>" if message_id else None,
        sender=sender or "",
        subject=subject or "",
        states=frozenset(states),
        ids=tuple(ids or ()),
        limit=last,
    )
    brief = last is None and not everything and not as_json and sys.stdout.isatty()
    if brief:
        query = replace(query, limit=_NEWEST)
    if not has_state(setting.state):
        return
    shown = asyncio.run(_show(setting, query, mailbox, why=why, as_json=as_json))
    if brief and shown == _NEWEST:
        complain(f"These are the newest {_NEWEST}: --last N or --all shows more.")
    if not shown and not as_json:
        complain("nothing found")


async def _show(setting: Setting, query: HistoryQuery, mailbox: str | None, *, why: bool, as_json: bool) -> int:
    """Show all that is found, page by page; return how many. Raises ConfigError for names that nothing knows."""
    async with readable_state(setting.state) as store:
        names = await Names.read(store)
        known = await store.accounts()
        if query.account is not None:
            require_known("--account", query.account, setting.accounts.union(known), "account")
        accounts = known if query.account is None else (query.account,)
        if mailbox is not None:
            query = replace(query, mailboxes=names.raw(accounts, mailbox))
        shown = 0
        view = View(names, setting.timezone, why)
        while entries := await store.history(_page(query, shown)):
            view.show(entries, await taken_back(store, entries), as_json=as_json)
            shown += len(entries)
            query = replace(query, after=entries[-1].id)
        if not shown:
            await _require_known(store, setting, query, mailbox, accounts, names)
    return shown


def _page(query: HistoryQuery, shown: int) -> HistoryQuery:
    return replace(query, limit=_PAGE if query.limit is None else min(_PAGE, query.limit - shown))


async def _require_known(
    store: Store, setting: Setting, query: HistoryQuery, mailbox: str | None, accounts: Iterable[str], names: Names
) -> None:
    """Where nothing was found, see that the names are no slips of the pen. Raises ConfigError."""
    if query.rule is not None and query.rule not in setting.rules:
        require_known("--rule", query.rule, setting.rules | await store.rules(), "rule")
    if mailbox is not None:
        await require_known_mailbox(store, names, accounts, mailbox)
