"""Reports made by hand, for whoever shows them: a daemon with two accounts that are well, to be changed by tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailrules.daemon.vitals import AccountReport, Condition, DaemonReport, MailboxReport

NOW = datetime(2026, 3, 5, 12, 0, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


WELL = MailboxReport(
    path="INBOX", condition=Condition.IDLE, since=ago(7200), alive=ago(12), last_message=ago(300), backlog=1
)
FORGOTTEN = MailboxReport(
    path="Lists/Büro",
    condition=Condition.REFUSED,
    since=ago(600),
    pending=2,
    held=3,
    reason="NO [NOPERM] not yours",
    next_try=NOW + timedelta(seconds=30),
)
WORK = AccountReport(name="work", condition=Condition.IDLE, since=ago(7200), mailboxes=(WELL,))
HOME = AccountReport(
    name="home", condition=Condition.IDLE, since=ago(90), mailboxes=(replace(WELL, condition=Condition.ROUNDS),)
)
DEAD = AccountReport(
    name="home",
    condition=Condition.BACKING_OFF,
    since=ago(3700),
    reason="imap.example.org:993: no route to host",
    next_try=NOW + timedelta(seconds=75),
)
REPORT = DaemonReport(version="1.2.3", pid=4711, started=ago(90_000), rules=12, loaded=ago(400), accounts=(WORK, HOME))


def with_accounts(*accounts: AccountReport) -> DaemonReport:
    return replace(REPORT, accounts=accounts)
