"""``mailrules explain``: shows which rules match a message, and why."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.applying import applying, borrowed_state
from mailrules.cli.eml import read_message
from mailrules.cli.failures import Failures, Status, complain
from mailrules.cli.options import AsJson, ConfigFile
from mailrules.cli.output import print_json
from mailrules.cli.reasons import Shown, print_reasons
from mailrules.config import ConfigError, Loaded, Problem, find_config, load
from mailrules.engine.explaining import Explanation, explain
from mailrules.rules import Facts, Verdict
from mailrules.rules.conditions.age import write_age
from mailrules.values import value


def _checked(uids: list[int] | None) -> list[int] | None:
    if any(not 0 < uid < 2**32 for uid in uids or ()):
        raise typer.BadParameter("a UID is a number from 1 to 4294967295")  # RFC 9051 §2.3.1.1
    return uids


def command(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE.eml", hidden=True)] = None,
    config: ConfigFile = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="NAME",
            help="The account it is in; for a file, as if it were. Needed where rules are for some accounts only.",
        ),
    ] = None,
    mailbox: Annotated[
        str, typer.Option("--mailbox", metavar="NAME", help="The mailbox it is in; for a file, as if it were.")
    ] = "INBOX",
    uids: Annotated[
        list[int] | None,
        typer.Option("--uid", metavar="N", callback=_checked, help="A message on the server; may be repeated."),
    ] = None,
    every_rule: Annotated[bool, typer.Option("--all", help="Show the rules that do not match as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which rules match a message, and why.

    Each FILE.eml is one message, as mail clients save it; no server is asked about it, and a rule that needs one is
    unknown. With --uid the message is on the server, where nothing is changed. Exit status 1 if a message can't be
    read.
    """
    if not files and not uids:
        raise typer.BadParameter("Name files, or messages on the server with --uid.")
    if files and uids:
        raise typer.BadParameter("Name files, or messages on the server with --uid, but not both.")
    loaded = load(find_config(config))
    failures = Failures()
    showing = _Showing(loaded, failures, every_rule, as_json)
    if files:
        _explain_files(showing, files, _facts(loaded, account, mailbox))
    else:
        _explain_messages(showing, account, mailbox, uids or [])
    failures.conclude()


@value(frozen=True, slots=True)
class _Showing:
    """How what is found out is shown."""

    loaded: Loaded
    failures: Failures
    all_rules: bool
    as_json: bool

    def verdict(
        self, message: dict[str, object], title: str, verdict: Verdict, scheduled: Verdict | None, unknown: str
    ) -> None:
        """Show what the rules make of a message, those with `every` too where some are for its mailbox."""
        scheduled = scheduled if scheduled is not None and scheduled.trace else None
        if self.as_json:
            shown = {**message, **_json(verdict)}
            print_json(shown if scheduled is None else {**shown, "scheduled": _json(scheduled)})
            return
        every = {rule.name: write_age(rule.every) for rule in self.loaded.ruleset.rules if rule.every}
        print_reasons(Shown(title, verdict, scheduled, every, self.all_rules, unknown))

    def failure(self, message: dict[str, object], title: str, reason: str) -> None:
        """Say why there is nothing to show."""
        self.failures.note(Status.FAILED)
        if self.as_json:
            print_json({**message, "error": reason})
        else:
            complain(f"{title}: {reason}")


def _json(verdict: Verdict) -> dict[str, object]:
    shown: dict[str, object] = {
        "matched": verdict.matched,
        "observed": verdict.observed,
        "unknown": verdict.unknown,
        "steps": verdict.plan.to_json(),
    }
    if verdict.observed:
        shown["would"] = verdict.would.to_json()
    return shown | {"error": verdict.error} if verdict.error else shown


# Files


def _explain_files(showing: _Showing, files: Sequence[Path], facts: Facts) -> None:
    rules = showing.loaded.ruleset
    on_schedule = rules.on_schedule() if any(rule.every for rule in rules.rules) else None
    for file in files:
        try:
            local = read_message(file)
        except OSError as error:
            showing.failure({"file": str(file)}, str(file), error.strerror or str(error))
            continue
        verdict = local.explain(rules, facts)
        scheduled = local.explain(on_schedule, facts) if on_schedule else None
        showing.verdict({"file": str(file)}, str(file), verdict, scheduled, "unknown without a server")


def _facts(loaded: Loaded, account: str | None, mailbox: str) -> Facts:
    """As if the message were in the account that is named, else in the only one."""
    accounts = chosen_accounts(loaded, account)
    if account is None and len(accounts) > 1 and any(rule.accounts for rule in loaded.config.rules):
        names = ", ".join(accounts)
        raise ConfigError(
            [Problem(None, None, "--account", f"some rules are for some accounts only: say which, {names}")]
        )
    name = next(iter(accounts), "")
    return Facts(
        now=datetime.now(UTC),
        timezone=loaded.config.daemon.timezone,
        account=name,
        mailbox=mailbox,
        addresses=accounts[name].addresses if name else (),
        authserv_ids=tuple(each.lower() for each in accounts[name].authserv_id) if name else (),
    )


# Messages on the server


def _explain_messages(showing: _Showing, account: str | None, mailbox: str, uids: Sequence[int]) -> None:
    loaded = showing.loaded
    loaded.require_accounts()
    accounts = chosen_accounts(loaded, account)
    if len(accounts) > 1:
        raise ConfigError([Problem(loaded.file, None, "--uid", f"say which --account, {', '.join(accounts)}")])
    (name,) = accounts
    for found in asyncio.run(_explanations(loaded, name, mailbox, uids)):
        message: dict[str, object] = {"account": name, "mailbox": mailbox, "uid": found.uid}
        title = f"{name} {mailbox} UID {found.uid}"
        if found.verdict is None:
            showing.failure(message, title, found.reason)
        else:
            showing.verdict(message, title, found.verdict, found.scheduled, "unknown")


async def _explanations(loaded: Loaded, name: str, mailbox: str, uids: Sequence[int]) -> Sequence[Explanation]:
    settings = loaded.config.accounts[name]
    async with (
        borrowed_state(loaded.config.daemon.state) as store,
        applying(loaded, name, settings, store, lambda _: None) as work,
    ):
        (chosen,) = work.mailboxes(mailbox)
        return await explain(work.context, work.session, chosen.name, uids)
