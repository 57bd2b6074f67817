"""Shows the daemon's report: blocks of tables with colours on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from datetime import datetime

from rich.table import Table
from rich.text import Text

from mailrules.cli.ages import ago, span
from mailrules.cli.output import console, count
from mailrules.daemon.vitals import AccountReport, Condition, DaemonReport, MailboxReport
from mailrules.rules.text import printable

_GOOD, _SOON, _BAD, _QUIET = "green", "yellow", "bold red", "dim"
_COLUMNS = ("Mailbox", "Watched", "Alive", "Last message", "Backlog", "Pending", "Held")
_NUMBERS = {"Backlog", "Pending", "Held"}


def show(report: DaemonReport, now: datetime) -> None:
    """Show it as it looks at this moment: the daemon itself, each account, and what is to be done next."""
    out = console()
    for line in _daemon(report, now):
        out.print(line)
    for account in report.accounts:
        if sys.stdout.isatty():
            out.print()
            out.print(_account(account, now))
            if account.mailboxes:
                out.print(_table(account, now))
            for line in _troubles(account, now):
                out.print(line)
        else:
            out.print(*_rows(account, now), sep="\n")
    mailboxes = [mailbox for account in report.accounts for mailbox in account.mailboxes]
    if sys.stdout.isatty():
        out.print()
    pending, held = sum(each.pending for each in mailboxes), sum(each.held for each in mailboxes)
    for line in advice(pending, held, "without your doing"):
        out.print(line)


def advice(pending: int, held: int, how: str) -> Iterator[Text]:
    """Say how messages that wait are tried again, and what to do about those that need a person."""
    if pending:
        yield Text(f"{count(pending, 'message')} will be tried again {how}.", _SOON)
    if held:
        what, them = ("message is", "it") if held == 1 else ("messages are", "them")
        yield Text(
            f"{held:,} {what} held: mailrules history --held shows why, mailrules retry runs {them} again.", _BAD
        )


def _daemon(report: DaemonReport, now: datetime) -> Iterator[Text]:
    style = _GOOD if report.well else _BAD
    began = f"{report.started.astimezone():%Y-%m-%d %H:%M %Z}"
    yield Text.assemble(
        (f"mailrules {printable(report.version)}", f"bold {style}"),
        f" has been running since {began}, for {span(now - report.started)} (process {report.pid}); ",
        f"{count(report.rules, 'rule')}, taken over {ago(report.loaded, now)}",
    )
    if report.refused:
        yield Text(printable(f"The newest rule file is refused, and the old rules stay: {report.refused}"), _BAD)
    for late in report.late:
        yield Text(printable(f"The daemon itself is late: {late}"), _BAD)


def _account(account: AccountReport, now: datetime) -> Text:
    return Text.assemble(
        (printable(account.name), "bold"), "  ", (_word(account), _style(account.condition)), _why(account, now)
    )


def _word(account: AccountReport) -> str:
    return "signed in" if account.condition is Condition.IDLE else account.condition.value


def _style(condition: Condition) -> str:
    if condition.well:
        return _GOOD
    return _SOON if condition in (Condition.STARTING, Condition.PAUSED) else _BAD


def _why(one: AccountReport | MailboxReport, now: datetime) -> str:
    parts = [f" for {span(now - one.since)}"]
    parts += [f": {printable(one.reason)}"] if one.reason else []
    if one.next_try is not None:
        parts += ["; trying" if one.next_try <= now else f"; next try in {span(one.next_try - now)}"]
    return "".join(parts)


def _table(account: AccountReport, now: datetime) -> Table:
    table = Table(box=None, pad_edge=True, header_style=_QUIET)
    for heading in _COLUMNS:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", overflow="fold")
    for each in account.mailboxes:
        table.add_row(
            printable(each.path),
            Text(each.condition.value, _style(each.condition)),
            ago(each.alive, now),
            ago(each.last_message, now),
            *(f"{number:,}" if number else "" for number in (each.backlog, each.pending)),
            Text(f"{each.held:,}", _BAD) if each.held else "",
        )
    return table


def _troubles(account: AccountReport, now: datetime) -> Iterator[Text]:
    for each in account.mailboxes:
        if each.reason not in ("", account.reason):
            yield Text(f"  {printable(each.path)}: {each.condition.value}{_why(each, now)}", _style(each.condition))


def _rows(account: AccountReport, now: datetime) -> Iterator[str]:
    name = printable(account.name)
    yield f"{name}: {_word(account)}{_why(account, now)}"
    for each in account.mailboxes:
        numbers = f"backlog {each.backlog}, pending {each.pending}, held {each.held}"
        proofs = f"alive {ago(each.alive, now)}, last message {ago(each.last_message, now)}"
        yield f"{name}: {printable(each.path)}: {each.condition.value}{_why(each, now)}; {proofs}; {numbers}"
