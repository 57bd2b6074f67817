"""``mailrules explain``: shows which rules match a message in a file, and why."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.accounts import chosen_accounts
from mailrules.cli.eml import read_message
from mailrules.cli.failures import Status, complain
from mailrules.cli.options import AsJson, ConfigFile
from mailrules.cli.output import print_json
from mailrules.cli.reasons import print_reasons
from mailrules.config import ConfigError, Loaded, Problem, find_config, load
from mailrules.rules import Facts, Truth, Verdict


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE.eml", hidden=True)],
    config: ConfigFile = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="NAME",
            help="As if it were in this account; needed where rules are for some accounts only.",
        ),
    ] = None,
    mailbox: Annotated[str, typer.Option("--mailbox", metavar="NAME", help="As if it were in this mailbox.")] = "INBOX",
    every_rule: Annotated[bool, typer.Option("--all", help="Show the rules that do not match as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which rules match a message in a file, and why.

    Each FILE.eml is one message, as mail clients save it. No server is asked: a rule that needs one is unknown. Exit
    status 1 if a file can't be read.
    """
    loaded = load(find_config(config))
    facts = _facts(loaded, account, mailbox)
    failed = False
    for file in files:
        try:
            message = read_message(file)
        except OSError as error:
            failed = True
            reason = error.strerror or str(error)
            if as_json:
                print_json({"file": str(file), "error": reason})
            else:
                complain(f"{file}: {reason}")
            continue
        verdict = loaded.ruleset.explain(message, facts)
        if as_json:
            print_json(_json(file, verdict))
        else:
            shown = [trace for trace in verdict.trace if every_rule or trace.result is not Truth.FALSE]
            print_reasons(str(file), verdict, shown)
    if failed:
        raise typer.Exit(Status.FAILED)


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
    )


def _json(file: Path, verdict: Verdict) -> dict[str, object]:
    shown: dict[str, object] = {
        "file": str(file),
        "matched": verdict.matched,
        "observed": verdict.observed,
        "unknown": verdict.unknown,
        "steps": verdict.plan.to_json(),
    }
    return shown | {"error": verdict.error} if verdict.error else shown
