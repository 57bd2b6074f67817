"""``mailrules resume``: frees the messages that wait because a rule has reached its limit."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.failures import KNOWN, Failures, complain
from mailrules.cli.lookback import has_state, require_known
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import count
from mailrules.cli.takingup import take_up
from mailrules.cli.tally import JsonTally, Tally, TextTally
from mailrules.config import ConfigError, Loaded, Problem, find_config, load
from mailrules.daemon.calling import Lease, leased
from mailrules.engine.limits import limits_of, resume
from mailrules.store import SqliteStore


def command(
    rule: Annotated[str, typer.Argument(metavar="RULE", hidden=True)],
    config: ConfigFile = None,
    account: AccountName = None,
    as_json: AsJson = False,
) -> None:
    """Free the messages that wait because a rule has reached its limit.

    The limit of RULE begins to count anew, and as many messages as it admits are handled now: by the daemon where one
    runs, else by this command. Exit status 1 if something still waits afterwards.
    """
    loaded = load(find_config(config))
    loaded.require_accounts()
    limits = limits_of(loaded.ruleset)
    require_known("RULE", rule, (each.name for each in loaded.ruleset.rules), "rule")
    if rule not in limits:
        raise ConfigError([Problem(loaded.file, None, f"rule '{rule}'", "it has no limit, so nothing waits for it")])
    loaded.require_tests()
    failures = Failures()
    tally = JsonTally(failures) if as_json else TextTally(failures)
    accounts = chosen_accounts(loaded, account)
    if not has_state(loaded.config.daemon.state):
        return
    if asyncio.run(_resume(loaded, accounts, rule, limits[rule].count, tally)):
        tally.close()
    failures.conclude()


async def _resume(loaded: Loaded, accounts: Iterable[str], rule: str, room: int, tally: Tally) -> bool:
    """Go over the accounts one by one; tell whether anything was handled here."""
    handled = waited = False
    async with SqliteStore(loaded.config.daemon.state) as store:
        for name in accounts:
            try:
                waiting = await resume(store, name, rule, datetime.now(UTC))
                if not waiting:
                    continue
                waited = True
                async with leased(store, store.path, name) as lease:
                    if lease is Lease.OWN:
                        handled = True
                        await take_up(loaded, name, store, waiting, tally)
                        continue
                # It looks at what is due as it begins again.
                told = f"account '{name}': {count(len(waiting), 'message')} freed: the daemon takes them up"
                beyond = len(waiting) - room
                complain(told if beyond <= 0 else f"{told}, all but {beyond:,} that are over the limit again")
            except BrokenPipeError:
                raise  # nobody reads us any more
            except KNOWN as error:
                tally.failures.say_of_account(name, error)
    if not waited and tally.failures.status is None:
        complain(f"nothing waits for the limit of rule '{rule}': it counts anew")
    return handled
