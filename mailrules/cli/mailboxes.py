"""``mailrules mailboxes``: lists the mailboxes of the accounts and how each is watched."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.failures import KNOWN, Failures
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import print_json, print_table
from mailrules.client import MailboxInfo, Session
from mailrules.config import Account, find_config, load
from mailrules.daemon.door import sign_in
from mailrules.daemon.layout import arrange
from mailrules.engine.watching import is_watched
from mailrules.imap import Refused, StatusData
from mailrules.values import value


@value(frozen=True, slots=True)
class Row:
    """One mailbox as it is shown."""

    account: str
    mailbox: str
    special_use: str | None
    messages: int | None
    watched: str
    """``notify``, ``notify status``, ``idle``, ``poll`` where the server has no IDLE, ``rounds`` or ``no``."""


def command(config: ConfigFile = None, account: AccountName = None, as_json: AsJson = False) -> None:
    """List the mailboxes of the accounts and how each is watched.

    notify: by a connection on which the server shows new mail by itself; notify status: the server tells there that
    mail has come; idle: by a connection of its own; poll: the same on a server without IDLE; rounds: looked at now and
    then; no: not watched.
    """
    loaded = load(find_config(config))
    loaded.require_accounts()
    failures = Failures()
    rows = asyncio.run(_all_rows(chosen_accounts(loaded, account), failures))
    if as_json:
        for row in rows:
            print_json(asdict(row))
    else:
        print_table(("Account", "Mailbox", "Special use", "Messages", "Watched"), map(astuple, rows))
    failures.conclude()


async def _all_rows(accounts: Mapping[str, Account], failures: Failures) -> list[Row]:
    """Ask one account after the other: what one of them fails at is said, and the next one has its turn."""
    found: list[Row] = []
    for name, settings in accounts.items():
        try:
            session = await sign_in(settings)
            try:
                found += await _rows(name, settings, session)
            finally:
                await session.connection.close()
        except KNOWN as error:
            failures.say_of_account(name, error)
    return found


async def _rows(name: str, settings: Account, session: Session) -> list[Row]:
    infos = sorted(await session.mailboxes(), key=lambda info: (not info.name.is_inbox, info.path))
    statuses = await asyncio.gather(*(_status(session, info) for info in infos))
    how = dict(_watching(settings, session, infos))
    return [
        Row(name, info.path, info.special_use, status.messages if status else None, how.get(info.path, "no"))
        for info, status in zip(infos, statuses, strict=True)
    ]


async def _status(session: Session, info: MailboxInfo) -> StatusData | None:
    if info.status is not None or not info.selectable:
        return info.status
    try:
        return await session.status(info.name)
    except Refused:
        return None


def _watching(settings: Account, session: Session, infos: list[MailboxInfo]) -> Iterator[tuple[str, str]]:
    """Share the mailboxes out as the daemon would."""
    watched = [info.name for info in infos if is_watched(info, settings.watch)]
    tells = "NOTIFY" in session.capabilities and "IDLE" in session.capabilities
    layout = arrange(watched, 1 if tells else settings.max_connections)
    held = "notify" if tells else "idle" if "IDLE" in session.capabilities else "poll"
    for info in infos:
        if info.name == layout.lead or info.name in layout.held:
            yield info.path, held
        elif info.name in layout.rounds:
            yield info.path, "notify status" if tells else "rounds"
