"""``mailrules retry``: tries messages again that are held, or wait."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.applying import readable_state
from mailrules.cli.failures import KNOWN, Failures, Status, complain
from mailrules.cli.historyview import View
from mailrules.cli.lookback import Names, has_state, require_known
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import count
from mailrules.cli.takingup import OPEN, take_up
from mailrules.cli.tally import JsonTally, Tally, TextTally
from mailrules.config import ConfigError, Loaded, Problem, find_config, load
from mailrules.daemon.calling import leased
from mailrules.engine.journal import is_met_again
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.retrying import newer_entry
from mailrules.store import Entry, HistoryQuery, SqliteStore, Store


def command(
    config: ConfigFile = None,
    account: AccountName = None,
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this rule is to do.")] = None,
    ids: Annotated[list[int] | None, typer.Option("--id", metavar="N", help="Only this entry of the history.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be tried again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try messages again that are held, or wait.

    What was decided is carried out; where nothing could be decided the rules are asked anew. Nothing is done twice:
    where an answer was lost, the mailboxes are looked at first. A daemon that runs pauses each account meanwhile. Exit
    status 1 if something is held or waits afterwards.
    """
    loaded = load(find_config(config))
    loaded.require_accounts()
    chosen_accounts(loaded, account)
    query = HistoryQuery(account=account, rule=rule, states=OPEN, ids=tuple(ids or ()))
    failures = Failures()
    tally = JsonTally(failures) if as_json else TextTally(failures)
    if dry_run:
        if not has_state(loaded.config.daemon.state):
            return
        asyncio.run(_foretell(loaded, query, tally, as_json=as_json))
        failures.conclude()
        return
    if loaded.config.daemon.mode == "observe":
        problem = 'with "observe" nothing is done, so nothing can be tried again'
        raise ConfigError([Problem(loaded.file, None, "daemon.mode", problem)])
    loaded.require_tests()
    if not has_state(loaded.config.daemon.state):
        return
    if asyncio.run(_retry(loaded, query, tally)):
        tally.close()
    failures.conclude()


async def _retry(loaded: Loaded, query: HistoryQuery, tally: Tally) -> bool:
    """Go over the accounts one by one; tell whether there was anything to do."""
    async with SqliteStore(loaded.config.daemon.state) as store:
        chosen = await _chosen(loaded, store, query, tally.failures)
        for name, entries in chosen.items():
            try:
                async with leased(store, store.path, name):
                    await take_up(loaded, name, store, entries, tally)
            except BrokenPipeError:
                raise  # nobody reads us any more
            except KNOWN as error:
                tally.failures.say_of_account(name, error)
    return bool(chosen)


async def _foretell(loaded: Loaded, query: HistoryQuery, tally: Tally, *, as_json: bool) -> None:
    """Show what would be tried again, as it is now."""
    async with readable_state(loaded.config.daemon.state) as store:
        names = await Names.read(store)
        view = View(names, loaded.config.daemon.timezone, why=False)
        for entries in (await _chosen(loaded, store, query, tally.failures)).values():
            if as_json:
                for entry in entries:
                    tally.show(replace(names.outcome(entry), state=OutcomeState.OBSERVED), ())
            else:
                view.show(entries, {}, as_json=False)


async def _chosen(
    loaded: Loaded, store: Store, query: HistoryQuery, failures: Failures
) -> Mapping[str, Sequence[Entry]]:
    """Read what is to be tried again, by account, the oldest first. Raises ConfigError for names that nothing knows."""
    found: dict[str, list[Entry]] = defaultdict(list)
    query = replace(query, ids=await _newest(store, query.ids))
    for entry in reversed(await store.history(query)):
        found[entry.account].append(entry)
    if missing := sorted(set(query.ids) - {entry.id for some in found.values() for entry in some}):
        raise ConfigError([Problem(None, None, f"--id {missing[0]}", "no such entry is held or waits")])
    if query.rule is not None and not found:
        require_known("--rule", query.rule, {rule.name for rule in loaded.ruleset.rules} | await store.rules(), "rule")
    if not found:
        complain("nothing is held, and nothing waits")
    for name in found.keys() - loaded.config.accounts.keys():
        what = f"{count(len(found.pop(name)), 'message')} can't be tried again"
        failures.say(f"account '{name}' is not in the rule file any more: {what}", Status.FAILED)
    return found


async def _newest(store: Store, ids: Sequence[int]) -> tuple[int, ...]:
    """Put in place of an entry whose message was met again the one that has taken its place."""
    chosen = dict.fromkeys(ids)
    for entry in await store.history(HistoryQuery(ids=tuple(ids))) if ids else ():
        if is_met_again(entry) and (newer := await newer_entry(store, entry)):
            del chosen[entry.id or 0]
            chosen[newer.id or 0] = None
    return tuple(chosen)
