"""Short ways to write scheduled rules, to let mail be old, and to run what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mailrules.client import MailboxInfo
from mailrules.engine.schedule import RuleRun, Run, due_rules
from mailrules.imap import Refused
from tests.builders import message
from tests.engine.scene import Scene, rule


def every(name: str, match: str, *then: str, mailboxes: Sequence[str] = (), interval: str = "1 day") -> str:
    """One scheduled rule as TOML."""
    where = f"mailboxes = {list(mailboxes)}\n".replace("'", '"') if mailboxes else ""
    return rule(name, match, *then).replace("match.", f'every = "{interval}"\n{where}match.', 1)


OLD = every("old", 'age.over = "90 days"', "expunge = true")
LONG_AGO = timedelta(days=100)


def dated(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).strftime("%d-%b-%Y %H:%M:%S +0000")


def put(it: Scene, subject: str, *flags: str, mailbox: str = "INBOX", ago: timedelta = LONG_AGO) -> int:
    """Let a message be in a mailbox for so long."""
    return it.server.append(it.user, mailbox, message(subject), flags, dated(ago))


async def run(it: Scene, most: int | None = None) -> dict[str, RuleRun]:
    """Run what is due, as the daemon does, with INBOX handled up to what is there."""
    refused: list[tuple[MailboxInfo, Refused]] = []
    async with it.session() as session:
        await it.directory.refresh(session)
        it.proxy.recording.forget()
        whole = Run(it.context, await due_rules(it.context), lambda *one: refused.append(one))
        while not await whole.go_on(session, most):
            pass
    await it.settled()
    assert refused == []
    return dict(whole.results())
