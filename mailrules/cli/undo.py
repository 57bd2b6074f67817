"""``mailrules undo``: takes back what was done to messages."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.applying import applying, borrowed_state, readable_state
from mailrules.cli.failures import KNOWN, Failures, Status, complain
from mailrules.cli.lookback import has_state, require_known
from mailrules.cli.options import AccountName, AsJson, ConfigFile
from mailrules.cli.output import action_json, count, print_json, print_table
from mailrules.cli.selecting import Selection, chosen
from mailrules.cli.spans import moment
from mailrules.config import Account, Loaded, find_config, load
from mailrules.daemon.calling import leased
from mailrules.engine.apply import ApplyMode
from mailrules.engine.outcome import ActionDone, ActionKind
from mailrules.engine.undoing import undo
from mailrules.engine.undone import TakenBack, Undone, state_of, taken_back
from mailrules.store import Entry, HistoryQuery, SqliteStore

_FAILED = {Undone.PENDING, Undone.HELD, Undone.FAILED}
_WORDS = {Undone.DONE: "taken back", Undone.PENDING: "not finished yet"}


def command(  # noqa: PLR0913, PLR0917 - each is an option
    config: ConfigFile = None,
    last: Annotated[bool, typer.Option("--last", help="What was handled last: one message, or N.")] = False,
    number: Annotated[int | None, typer.Argument(metavar="N", hidden=True)] = None,
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="What this rule did.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="What was done since then: 1h, 2d, a date.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="What was done before then.")] = None,
    message_id: Annotated[str | None, typer.Option(metavar="ID", help="What was done to this message.")] = None,
    ids: Annotated[list[int] | None, typer.Option("--id", metavar="N", help="This entry of the history.")] = None,
    account: AccountName = None,
    mailbox: Annotated[str | None, typer.Option(metavar="NAME", help="Only from or to this mailbox.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take back what was done to messages.

    They go back to where they were found, with the flags that they had; copies are taken away again. What was expunged
    is gone. Several choices hold together. A daemon that runs pauses each account meanwhile. Exit status 1 if
    something could not be taken back.
    """
    if number is not None and not last:
        raise typer.BadParameter("it goes with --last", param_hint="N")
    if number is not None and number < 1:
        raise typer.BadParameter("1 at the least", param_hint="N")
    if not (last or rule or since or until or message_id or ids):
        raise typer.BadParameter("choose by --last, --rule, --since, --until, --message-id or --id", param_hint="undo")
    loaded = load(find_config(config))
    loaded.require_accounts()
    accounts = chosen_accounts(loaded, account)
    zone, now = loaded.config.daemon.timezone, datetime.now(UTC)
    query = HistoryQuery(
        account=account,
        rule=rule,
        since=moment("--since", since, now, zone) if since else None,
        until=moment("--until", until, now, zone) if until else None,
        message_id=f"<{message_id.strip().strip('<>')}>" if message_id else None,
        ids=tuple(ids or ()),
    )
    failures = Failures()
    told = _Told(failures, as_json=as_json, dry_run=dry_run)
    selection = Selection(query, mailbox, (number or 1) if last else None)
    if not has_state(loaded.config.daemon.state):
        return
    entries, standing = asyncio.run(_choose(loaded, accounts, selection))
    if not (dry_run or yes):
        _ask(standing)  # outside of asyncio.run, which only takes note of the first ^C while somebody is asked
    try:
        asyncio.run(_undo(loaded, accounts, entries, told))
    except KeyboardInterrupt:
        if not dry_run:
            complain(f"stopped: {asyncio.run(_how_far(loaded, standing))}")
        raise
    told.close()
    failures.conclude()


async def _choose(
    loaded: Loaded, accounts: Mapping[str, Account], selection: Selection
) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Read what is chosen, and what of it is not taken back yet. Raises ConfigError for names that nothing knows."""
    async with readable_state(loaded.config.daemon.state) as store:
        entries = await chosen(store, selection, accounts)
        if not entries and (rule := selection.query.rule) is not None:
            require_known("--rule", rule, {one.name for one in loaded.ruleset.rules} | await store.rules(), "rule")
        before = await taken_back(store, entries)
        return entries, [entry for entry in entries if entry.id not in before]


async def _how_far(loaded: Loaded, standing: Sequence[Entry]) -> str:
    """Say how far an undo that was stopped has come with these entries, none of which was taken back before."""
    async with readable_state(loaded.config.daemon.state) as store:
        undos = (await taken_back(store, standing)).values()
    begun = sum(state_of([undo])[0] is Undone.PENDING for undo in undos)
    told = [f"{len(undos) - begun:,} taken back"] if len(undos) > begun else []
    if begun:
        told.append(f"{begun:,} begun, which the daemon or the next mailrules undo finishes")
    if len(standing) > len(undos):
        told.append(f"{len(standing) - len(undos):,} not begun")
    return f"of {count(len(standing), 'message')} {', '.join(told)}" if told else "there was nothing to take back"


async def _undo(loaded: Loaded, accounts: Mapping[str, Account], entries: Sequence[Entry], told: "_Told") -> None:
    state = loaded.config.daemon.state
    async with borrowed_state(state) if told.dry_run else SqliteStore(state) as store:
        by_account: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_account[entry.account].append(entry)
        for name, some in by_account.items():
            if name not in accounts:
                told.failures.say(f"account '{name}' is not in the rule file any more", Status.FAILED)
                continue
            try:
                async with (
                    leased(store, store.path, name),
                    applying(loaded, name, accounts[name], store, lambda _outcome: None) as work,
                ):
                    mode = ApplyMode.DRY_RUN if told.dry_run else ApplyMode.DO
                    async for result in undo(work.context, work.session, some, mode=mode):
                        told.show(result)
            except BrokenPipeError:
                raise  # nobody reads us any more
            except KNOWN as error:
                told.failures.say_of_account(name, error)


def _ask(entries: Sequence[Entry]) -> None:
    if len(entries) < 2:
        return
    accounts = ", ".join(sorted({entry.account for entry in entries}))
    question = f"Take back what was done to {count(len(entries), 'message')} of {accounts}?"
    if not sys.stdin.isatty():
        complain(f"{question} Say --yes, or look first with --dry-run.")
        raise typer.Exit(Status.USAGE)
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.FAILED)


class _Told:
    """What is shown: a line or an object for each message, at the end how many there were."""

    def __init__(self, failures: Failures, *, as_json: bool, dry_run: bool) -> None:
        self.failures = failures
        self.dry_run = dry_run
        self._as_json = as_json
        self._rows: list[tuple[int | None, str, str, str, str]] = []
        self._results: Counter[str] = Counter()
        self._remarks: defaultdict[str, list[str]] = defaultdict(list)

    def show(self, result: TakenBack) -> None:
        """Take in what became of one undo."""
        entry = result.entry
        if result.state in _FAILED or result.copies_left:
            self.failures.note(Status.FAILED)
        if self._as_json:
            print_json(_object(result))
            return
        but_for = " but for copies" if result.copies_left and result.state not in _FAILED else ""
        self._results[f"{_WORDS.get(result.state, result.state.value)}{but_for}"] += 1
        about = f"{entry.account} {entry.id} {entry.subject or entry.message_id}".rstrip()
        if result.state in _FAILED:
            complain(f"{about}: {_WORDS.get(result.state, result.state.value)}: {result.reason}")
        for remark in result.remarks:
            self._remarks[remark].append(about)
        if result.actions or result.state in {Undone.DONE, Undone.FORESEEN}:
            self._rows.append((entry.id, entry.account, entry.sender, entry.subject, _words(result)))

    def close(self) -> None:
        """Print the table and the sum."""
        if self._as_json:
            return
        for remark, about in self._remarks.items():
            complain(f"{about[0] if len(about) == 1 else count(len(about), 'message')}: {remark}")
        if self._rows:
            print_table(("Id", "Account", "From", "Subject", "What is taken back"), self._rows)
        told = ", ".join(f"{number:,} {words}" for words, number in self._results.items())
        if told or self.failures.status is None:
            print(f"{count(self._results.total(), 'message')}: {told or 'nothing to take back'}")


def _words(result: TakenBack) -> str:
    back = f"{result.mailbox} → {result.home}" if result.mailbox != result.home else result.home
    return ", ".join([back, *(words for action in result.actions if (words := _action(action)))])


def _action(action: ActionDone) -> str:
    match action.kind:
        case ActionKind.ADD_FLAGS:
            return " ".join(f"+{flag}" for flag in action.flags)
        case ActionKind.REMOVE_FLAGS:
            return " ".join(f"-{flag}" for flag in action.flags)
        case ActionKind.EXPUNGE:
            return f"no copy in {action.target}"
        case _:
            return ""


def _object(result: TakenBack) -> Mapping[str, object]:
    entry = result.entry
    shown: dict[str, object] = {
        "id": entry.id,
        "account": entry.account,
        "message_id": entry.message_id,
        "from": entry.sender,
        "subject": entry.subject,
        "rules": entry.rules,
        "mailbox": result.mailbox or None,
        "home": result.home,
        "steps": [action_json(action) for action in result.actions],
        "result": result.state.name.lower(),
        "undone_by": result.by,
        "remarks": result.remarks,
        "copies_left": result.copies_left,
    }
    return shown | {"error": result.reason} if result.reason else shown
