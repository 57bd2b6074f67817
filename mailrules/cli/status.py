"""``mailrules status``: how the running daemon is, or what is known where none runs."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from mailrules.cli.applying import readable_state
from mailrules.cli.failures import Status, complain
from mailrules.cli.lookback import Names
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import console, print_json, print_table
from mailrules.cli.reportview import advice, show
from mailrules.config import ConfigError, Problem, find_config, find_state
from mailrules.daemon.calling import Unwilling, ask_report
from mailrules.daemon.reporting import to_json
from mailrules.daemon.vitals import DaemonReport
from mailrules.store import EntryState, HistoryQuery, StateError, holders

_OPEN = {EntryState.BEGUN: "unfinished", EntryState.PENDING: "pending", EntryState.HELD: "held"}
"""What is left of entries where nobody works on them, in the words of the table."""

_Waiting = Mapping[tuple[str, str], Counter[str]]
"""How many entries of each kind wait, by account and mailbox."""


def command(config: ConfigFile = None, account: AccountName = None, as_json: AsJson = False) -> None:
    """Show how the daemon is, and each account and mailbox.

    It asks the daemon that works on the rule file's state; the rules may have mistakes. Without a daemon it shows
    what the state says of messages that wait. Exit status 0: all mail is being sorted, by the newest rules. 1: some is
    not, the newest rule file is refused, or no daemon runs.
    """
    path = find_config(config)
    state = find_state(path)
    try:
        report = asyncio.run(ask_report(state))
    except Unwilling as error:
        if as_json:
            print_json({"running": True, "state": str(state), "well": False, "error": str(error)})
        else:
            complain(str(error))
        raise typer.Exit(Status.FAILED) from None
    if report is None:
        if as_json:
            _print_state(state, account)
        else:
            _show_state(state, account)
        raise typer.Exit(Status.FAILED)
    if account is not None:
        report = _only(report, account, path)
    if as_json:
        print_json({"running": True, "state": str(state), **to_json(report)})
    else:
        show(report, datetime.now(UTC))
    if not report.well:
        raise typer.Exit(Status.FAILED)


def _only(report: DaemonReport, name: str, path: Path) -> DaemonReport:
    accounts = tuple(account for account in report.accounts if account.name == name)
    if not accounts:
        known = ", ".join(account.name for account in report.accounts) or "none"
        raise ConfigError(
            [Problem(path, None, f"--account {name}", f"the daemon has no such account (it has {known})")]
        )
    return replace(report, accounts=accounts)


def _print_state(state: Path, account: str | None) -> None:
    """Print one object, also where the state can't be read: it says why."""
    told: dict[str, object] = {"running": False, "state": str(state), "well": False}
    try:
        waiting = asyncio.run(_waiting(state, account))
    except (StateError, OSError) as error:
        print_json({**told, "error": str(error)})
        return
    mailboxes = [
        {"account": name, "mailbox": mailbox, **{word: counts[word] for word in _OPEN.values()}}
        for (name, mailbox), counts in waiting.items()
    ]
    print_json({**told, "mailboxes": mailboxes})


def _show_state(state: Path, account: str | None) -> None:
    waiting = asyncio.run(_waiting(state, account))
    out = console()
    out.print(f"No daemon answers for the state {state}.", style="bold red")
    if pids := holders(state):
        out.print(f"Another mailrules may be at work on it, in process {', '.join(map(str, pids))}.")
    elif not state.exists():
        out.print(
            "There is no such file: nothing has been sorted here. A daemon that runs as another user, or by systemd,"
        )
        out.print("keeps its state elsewhere, unless the rule file names it: state, in [daemon].")
    else:
        out.print("mailrules run starts one.")
    if waiting:
        headings = ("Account", "Mailbox", *(word.capitalize() for word in _OPEN.values()))
        print_table(headings, ([*place, *map(counts.__getitem__, _OPEN.values())] for place, counts in waiting.items()))
    total = sum(waiting.values(), Counter[str]())
    if total["unfinished"]:
        out.print("What is unfinished is looked up on the server, and finished, when the daemon starts.")
    for line in advice(total["pending"], total["held"], "when a daemon runs"):
        out.print(line)


async def _waiting(state: Path, account: str | None) -> _Waiting:
    """Count in the state as it is: whoever works on it is not disturbed, and nothing is made where there is none."""
    async with readable_state(state) as store:
        entries = await store.history(HistoryQuery(account=account, states=frozenset(_OPEN)))
        names = await Names.read(store)
    waiting: dict[tuple[str, str], Counter[str]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.account, entry.mailbox)):
        place = (entry.account, names.path(entry.account, entry.mailbox))
        waiting.setdefault(place, Counter())[_OPEN[entry.state]] += 1
    return waiting
