"""What a command's failure looks like: a sentence on standard error and an exit status, never a traceback."""

import os
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps

import typer

from mailrules.cli import INTERRUPTED
from mailrules.client import ClearTextRefused, ClientError, SignInFailed
from mailrules.config import ConfigError, SecretError
from mailrules.imap import ImapError
from mailrules.rules.text import printable
from mailrules.store import Locked, StateError


class Status(IntEnum):
    """The exit statuses of all commands."""

    FAILED = 1
    """Some of what was asked for failed."""
    USAGE = 2
    """The rule file, another file or the command line is wrong."""
    SIGN_IN = 3
    """A server does not let us in, or the password can't be read."""
    LOCKED = 4
    """Another mailrules works on the account."""


def complain(text: str) -> None:
    """Print to standard error, each line made safe for a terminal."""
    for line in text.split("\n"):
        print(printable(line), file=sys.stderr)


class Failures:
    """What failed so far. ``status`` is the exit status: that of the first failure, None for none."""

    def __init__(self) -> None:
        self.status: Status | None = None

    def say(self, text: str, status: Status) -> None:
        """Say what failed."""
        complain(text)
        self.note(status)

    def say_of_account(self, name: str, error: Exception) -> None:
        """Say what one of the `KNOWN` failures kept an account from, and name the account once."""
        names_it = isinstance(error, Locked | SecretError)
        self.say(_text(error) if names_it else f"account '{name}': {_text(error)}", _status_of(error))

    def note(self, status: Status) -> None:
        """Take in a failure of which somebody else tells."""
        self.status = self.status or status

    def conclude(self) -> None:
        """End the process with the exit status, if anything failed."""
        if self.status is not None:
            raise typer.Exit(self.status)


KNOWN = (ConfigError, SecretError, ClientError, ImapError, StateError, OSError)
"""The failures that are nobody's bug."""


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command with its known failures turned into a sentence and an exit status."""

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read us has gone; without this the interpreter fails once more when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Status.FAILED) from None
        except KNOWN as error:
            complain(_text(error))
            raise typer.Exit(_status_of(error)) from None

    return run


def _status_of(error: Exception) -> Status:
    match error:
        case ConfigError():
            return Status.USAGE
        case SignInFailed() | ClearTextRefused() | SecretError():
            return Status.SIGN_IN
        case Locked():
            return Status.LOCKED
    return Status.FAILED


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
