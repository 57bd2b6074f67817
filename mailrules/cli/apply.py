"""``mailrules apply``: runs the rules over the mail that is there already."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.applying import Applying, applying, borrowed_state
from mailrules.cli.failures import KNOWN, Failures, Status, complain
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import count
from mailrules.cli.passes import FOR_NEW_MAIL, SCHEDULED, Pass
from mailrules.cli.tally import JsonTally, Tally, TextTally
from mailrules.config import Account, ConfigError, Loaded, Problem, find_config, load
from mailrules.daemon.calling import Lease, leased
from mailrules.engine.apply import ApplyMode
from mailrules.store import SqliteStore

_NAMED = 5
"""Accounts that a question names; more are counted."""


def command(
    config: ConfigFile = None,
    account: AccountName = None,
    mailbox: Annotated[str | None, typer.Option(metavar="NAME", help="Only this mailbox.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be done.")] = False,
    scheduled: Annotated[
        bool, typer.Option("--scheduled", help="Run the rules with every, now, in place of those for new mail.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the rules over the mail that is there already.

    Without --account and --mailbox it takes all watched mailboxes of all accounts; with --scheduled those that the
    rules name. A daemon that runs pauses each account meanwhile. Exit status 1 if some messages could not be handled.
    """
    loaded = load(find_config(config))
    loaded.require_accounts()
    if not dry_run:
        loaded.require_tests()
    accounts = chosen_accounts(loaded, account)
    if mailbox is not None and len(accounts) > 1:
        raise ConfigError([Problem(loaded.file, None, "--mailbox", "there are several accounts: say --account too")])
    chosen = SCHEDULED if scheduled else FOR_NEW_MAIL
    if account is None and mailbox is None and not (dry_run or yes):
        _ask(loaded, accounts, chosen)
    failures = Failures()
    tally = JsonTally(failures) if as_json else TextTally(failures)
    mode = ApplyMode.DRY_RUN if dry_run else ApplyMode.DO
    asyncio.run(
        _apply(loaded, accounts, lambda work, lease: chosen.run(work, lease, mailbox, mode, tally), mode, tally)
    )
    tally.close()
    failures.conclude()


def _ask(loaded: Loaded, accounts: Mapping[str, Account], chosen: Pass) -> None:
    rules = count(sum(map(chosen.takes, loaded.ruleset.rules)), "rule")
    whose = ", ".join(accounts) if len(accounts) <= _NAMED else count(len(accounts), "account")
    question = f"Run {rules} over all mail in {chosen.where} of {whose}?"
    if not sys.stdin.isatty():
        complain(f"{question} Say --yes, or choose with --account or --mailbox.")
        raise typer.Exit(Status.USAGE)
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.FAILED)


async def _apply(
    loaded: Loaded,
    accounts: Mapping[str, Account],
    run: Callable[[Applying, Lease], Awaitable[None]],
    mode: ApplyMode,
    tally: Tally,
) -> None:
    """Go over the accounts one by one: what one of them fails at is said, and the next one has its turn."""
    # What a dry run learns of an account must not make the daemon take new mailboxes for known ones.
    state = loaded.config.daemon.state
    async with SqliteStore(state) if mode is ApplyMode.DO else borrowed_state(state) as store:
        for name, settings in accounts.items():
            try:
                async with (
                    leased(store, store.path, name) as lease,
                    applying(loaded, name, settings, store, tally.report, tally.through) as work,
                ):
                    await run(work, lease)
            except BrokenPipeError:
                raise  # nobody reads us any more
            except KNOWN as error:
                tally.failures.say_of_account(name, error)
            finally:
                tally.settle()
