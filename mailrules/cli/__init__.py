"""The command line: arguments, output and exit statuses; no logic.

Each command is a module with a function ``command``, imported only when it is the one that was asked for: what a
command needs takes longer to import than most of them run.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from mailrules import __version__

COMMANDS = {
    "run": "Watch the accounts and sort their mail until stopped.",
    "status": "Show how the daemon is, and each account and mailbox.",
    "check": "Check the rule file and run its tests.",
    "test": "Run the tests that the rule file holds.",
    "explain": "Show which rules match a message, and why.",
    "apply": "Run the rules over the mail that is there already.",
    "history": "Show what was done to which message, by which rule, and when.",
    "undo": "Take back what was done to messages.",
    "retry": "Try messages again that are held, or wait.",
    "resume": "Free the messages that wait because a rule has reached its limit.",
    "mailboxes": "List the mailboxes of the accounts and how each is watched.",
    "import": "Write a Sieve script as rules, in TOML.",
    "demo": "Show the daemon at work on a server in memory.",
    "schema": "Print the JSON Schema of the rule file, for editors.",
}
"""Each command's module in this package, and its help in one line."""
_MODULES = {"import": "importing"}
"""The modules that can't be called as their commands are."""
_YOUNG = 500_000
"""Objects that are made before the garbage collector looks for cycles: more than a command is made of, or mail in hand.

A command keeps what it makes while it starts, and nearly all that it makes for a message goes without the collector:
with Python's own number, 700, it would only go over all that again and again.
"""
INTERRUPTED = 130
"""The exit status after Ctrl-C: 128 + SIGINT, as shells have it."""


def main() -> None:
    """Run the command that the process's arguments ask for."""
    gc.set_threshold(_YOUNG)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it looks for them in all that is installed
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # mail has letters that not every terminal has
    try:
        build(sys.argv[1:])()
    except KeyboardInterrupt:  # while the command was still being imported
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()  # the process ends, and need not look through all it has for cycles once more


def build(arguments: Sequence[str]) -> typer.Typer:
    """Make the application for these arguments: only the command that they name is imported."""
    app = typer.Typer(
        name="mailrules",
        help="Sort the mail on any IMAP server by the rules in one TOML file.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    chosen = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, summary in COMMANDS.items():
        app.command(name, help=None if name == chosen else summary)(_load(name) if name == chosen else _unasked)
    return app


def _load(name: str) -> Callable[..., None]:
    guarded: Callable[[Callable[..., None]], Callable[..., None]] = import_module("mailrules.cli.failures").guarded
    return guarded(import_module(f"mailrules.cli.{_MODULES.get(name, name)}").command)


def _unasked() -> None:
    raise AssertionError("the command that the arguments name is imported, and no other one runs")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"mailrules {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass
