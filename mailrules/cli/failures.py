"""What a command's failure looks like: a sentence on standard error and an exit status, never a traceback."""

import os
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps

import typer

from mailrules.client import ClearTextRefused, NetworkError, SignInFailed
from mailrules.config import ConfigError, SecretError
from mailrules.daemon.cleaning import cleaned
from mailrules.imap import ImapError
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
        print(cleaned(line), file=sys.stderr)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command with its known failures turned into a sentence and an exit status."""

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None  # 128 + SIGINT, as shells have it
        except BrokenPipeError:
            # Whoever read us has gone; without this the interpreter fails once more when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Status.FAILED) from None
        except Exception as error:
            status = status_of(error)
            if status is None:
                raise
            complain(str(error))
            raise typer.Exit(status) from None

    return run


def status_of(error: Exception) -> Status | None:
    """Return the exit status for a failure that is nobody's bug; None for all others."""
    match error:
        case ConfigError():
            return Status.USAGE
        case SignInFailed() | ClearTextRefused() | SecretError():
            return Status.SIGN_IN
        case Locked():
            return Status.LOCKED
        case NetworkError() | ImapError() | StateError() | OSError():
            return Status.FAILED
    return None
