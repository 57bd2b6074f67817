"""``mailrules apply``: runs the rules over the mail that is there already."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.applying import Applying, applying
from mailrules.cli.failures import Status, complain, status_of
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import count
from mailrules.cli.tally import JsonTally, Tally, TextTally
from mailrules.client import MailboxInfo
from mailrules.config import Account, ConfigError, Loaded, Problem, find_config, load
from mailrules.engine.apply import ApplyMode, apply
from mailrules.imap import Refused
from mailrules.store import SqliteStore, Store


def command(
    config: ConfigFile = None,
    account: AccountName = None,
    mailbox: Annotated[str | None, typer.Option(metavar="NAME", help="Only this mailbox.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the rules over the mail that is there already.

    Without --account and --mailbox it takes all watched mailboxes of all accounts. A daemon that works on an account
    must be stopped for it, but not for --dry-run. Exit status 1 if some messages could not be handled.
    """
    loaded = load(find_config(config))
    loaded.require_accounts()
    accounts = chosen_accounts(loaded, account)
    if mailbox is not None and len(accounts) > 1:
        raise ConfigError([Problem(loaded.file, None, "--mailbox", "there are several accounts: say --account too")])
    if account is None and mailbox is None and not (dry_run or yes):
        _ask(loaded, accounts)
    tally = JsonTally() if as_json else TextTally()
    asyncio.run(_apply(loaded, accounts, mailbox, ApplyMode.DRY_RUN if dry_run else ApplyMode.DO, tally))
    tally.close()
    if tally.status is not None:
        raise typer.Exit(tally.status)


def _ask(loaded: Loaded, accounts: Mapping[str, Account]) -> None:
    rules = count(len(loaded.ruleset.rules), "rule")
    question = f"Run {rules} over all mail in the watched mailboxes of {', '.join(accounts)}?"
    if not sys.stdin.isatty():
        complain(f"{question} Say --yes, or choose with --account or --mailbox.")
        raise typer.Exit(Status.USAGE)
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.FAILED)


async def _apply(
    loaded: Loaded, accounts: Mapping[str, Account], mailbox: str | None, mode: ApplyMode, tally: Tally
) -> None:
    if mode is ApplyMode.DO:
        async with SqliteStore(loaded.config.daemon.state) as store:
            await _apply_each(loaded, store, accounts, mailbox, mode, tally)
        return
    # What a dry run learns of an account must not make the daemon take new mailboxes for known ones.
    with TemporaryDirectory(prefix="mailrules-") as folder:
        async with SqliteStore(Path(folder) / "state.db") as store:
            await _apply_each(loaded, store, accounts, mailbox, mode, tally)


async def _apply_each(
    loaded: Loaded,
    store: Store,
    accounts: Mapping[str, Account],
    mailbox: str | None,
    mode: ApplyMode,
    tally: Tally,
) -> None:
    """Go over the accounts one by one: what one of them fails at is said, and the next one has its turn."""
    for name, settings in accounts.items():
        try:
            async with store.lease(name), applying(loaded, name, settings, store, tally.report) as work:
                for chosen in work.mailboxes(mailbox):
                    await _apply_one(work, chosen, mode, tally)
        except Exception as error:
            status = status_of(error)
            if status is None:
                raise
            tally.fail(f"account {name!r}: {error}", status)


async def _apply_one(work: Applying, info: MailboxInfo, mode: ApplyMode, tally: Tally) -> None:
    try:
        with tally.progress(f"{work.name} {info.path}") as progress:
            summary = await apply(work.context, work.session, info.name, mode=mode, progress=progress)
    except Refused as error:
        tally.fail(f"account {work.name!r}: {info.path}: {error}", Status.FAILED)
    else:
        tally.add(work.name, info.path, summary)
