"""What a command's failure looks like: a sentence on standard error and an exit status, never a traceback."""

import errno
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
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command with its known failures turned into a sentence and an exit status."""

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            try:
                command(*args, **options)
            finally:
                print(end="", flush=True)  # what can't be written fails here, and not when the interpreter ends
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _drop_output()
            raise typer.Exit(Status.FAILED) from None
        except KNOWN as error:
            if _is_of_output(error):
                _drop_output()
            complain(_text(error))
            raise typer.Exit(_status_of(error)) from None

    return run


def _is_of_output(error: Exception) -> bool:
    """Tell whether what we print found no room: files that can't be opened are named, the state has its own."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None


def _drop_output() -> None:
    """Send the rest of our output nowhere: else the interpreter fails once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    if isinstance(error, OSError) and _is_of_output(error):
        return f"the output cannot be written: {error.strerror}"
    return str(error) or type(error).__name__
