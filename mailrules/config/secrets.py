"""Passwords, and the places they are kept: in the file, in the environment, in a file of their own, behind a command.

A `Secret` knows its source only. ``reveal()`` reads it when it is needed, so that a renewed password works at the next
sign-in, and nothing else ever shows it: not repr, not an error, not a dump of the settings.
"""

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, ValidationInfo, WithJsonSchema

from mailrules.config.problems import did_you_mean, quoted_list
from mailrules.config.values import Place, place_of, resolve, text
from mailrules.config.words import expected
from mailrules.rules.text import printable
from mailrules.values import value

COMMAND_TIMEOUT = 30.0
"""Seconds that a password command may take; long enough for a key agent that asks its user."""


class SecretError(Exception):
    """A password could not be read. The message names the account and says what to do; it never holds the password."""


@value(frozen=True, slots=True)
class Secret(ABC):
    """A password by its source. Two secrets are equal if their sources are."""

    owner: str
    """Whose it is, for error messages: ``account 'work'``."""

    def reveal(self) -> str:
        """Read the password now, without the line break at its end. Blocking: a command may take `COMMAND_TIMEOUT`.

        Raises SecretError.
        """
        password = self._read().rstrip("\r\n")
        if not password:
            raise self._error(f"{self._source} is empty", "put the password there")
        if "\n" in password or "\r" in password or "\0" in password:
            raise self._error(f"{self._source} gives more than one line", "only the password may stand there")
        return password

    @property
    @abstractmethod
    def _source(self) -> str:
        """Where the password is kept, in words that may be shown to anyone."""

    @abstractmethod
    def _read(self) -> str: ...

    def _error(self, what: str, remedy: str) -> SecretError:
        return SecretError(f"{self.owner}: {what}: {remedy}")

    def __repr__(self) -> str:
        return f"<Secret of {self.owner}: {self._source}>"


@value(frozen=True, slots=True, repr=False)
class PlainSecret(Secret):
    """A password that stands in the rule file itself."""

    value: str = field(repr=False)

    @property
    def _source(self) -> str:
        return "the password in the rule file"

    def _read(self) -> str:
        return self.value


@value(frozen=True, slots=True, repr=False)
class EnvSecret(Secret):
    """A password in an environment variable."""

    name: str

    @property
    def _source(self) -> str:
        return f"the environment variable {printable(self.name)}"

    def _read(self) -> str:
        try:
            return os.environ[self.name]
        except KeyError:
            raise self._error(f"{self._source} is not set", "set it for the process that runs mailrules") from None


@value(frozen=True, slots=True, repr=False)
class FileSecret(Secret):
    """A password in a file of its own."""

    path: Path

    @property
    def _source(self) -> str:
        return f"the password file {self.path}"

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise self._error(
                f"{self._source} cannot be read ({error.strerror})",
                "create it, readable for the user that runs mailrules",
            ) from None
        except ValueError:  # the decoder's own error would carry the bytes along
            raise self._error(f"{self._source} is not UTF-8 text", "save it as UTF-8") from None


@value(frozen=True, slots=True, repr=False)
class CommandSecret(Secret):
    """A password that a command prints, such as a password manager's."""

    argv: tuple[str, ...]
    timeout: float = COMMAND_TIMEOUT

    @property
    def _source(self) -> str:
        # No more than the program: an argument may hold a secret, and so may what a command complains of.
        return f"the password command `{printable(self.argv[0])}`"

    def _read(self) -> str:
        try:
            done = subprocess.run(
                self.argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=self.timeout, check=False
            )
            output = done.stdout.decode("utf-8")
        except subprocess.TimeoutExpired:
            raise self._error(
                f"{self._source} took longer than {self.timeout:g} seconds",
                "it must not wait for someone to type; unlock the password manager first",
            ) from None
        except OSError as error:
            raise self._error(
                f"{self._source} cannot be run ({error.strerror})", "install it, or give its full path"
            ) from None
        except ValueError:  # the decoder's own error would carry the bytes along
            raise self._error(
                f"{self._source} did not print UTF-8 text", "it must print the password and nothing else"
            ) from None
        if done.returncode != 0:
            raise self._error(
                f"{self._source} failed with status {done.returncode}",
                "run it yourself, as the user that runs mailrules, to see why",
            )
        return output


def _secret(value: object, info: ValidationInfo) -> Secret:
    place = place_of(info)
    match value:
        case Secret():
            return value
        case str():
            return PlainSecret(place.owner, text(value))
        case dict():
            return _stored_secret(value, place)
    raise ValueError(expected(_SOURCES, value))


def _stored_secret(table: dict[str, object], place: Place) -> Secret:
    if unknown := sorted(table.keys() - _MAKERS.keys()):
        raise ValueError(f"unknown key {unknown[0]!r}{did_you_mean(unknown[0], _MAKERS)}; expected {_SOURCES}")
    if len(table) != 1:
        raise ValueError(f"give one of {quoted_list(_MAKERS, 'and')}, not {len(table) or 'none'}")
    source, value = next(iter(table.items()))
    return _MAKERS[source](value, place)


def _command(value: object, place: Place) -> Secret:
    if isinstance(value, str):
        example = ", ".join(f'"{word}"' for word in value.split())
        raise ValueError(f"the command is a list of words: command = [{printable(example)}]")
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(expected('a list of texts, as in command = ["pass", "work"]', value))
    if not value or not value[0]:
        raise ValueError("the command must not be empty")
    return CommandSecret(place.owner, (str(resolve_program(value[0], place.folder)), *value[1:]))


def resolve_program(name: str, folder: Path) -> str | Path:
    """Let a program that is given by a path start from the rule file's folder; a bare name is looked up as ever."""
    return resolve(name, folder) if "/" in name else name


_SOURCES = 'text, or one of password.file = "…", password.env = "…", password.command = ["…"]'
_MAKERS: dict[str, Callable[[object, Place], Secret]] = {
    "file": lambda value, place: FileSecret(place.owner, resolve(text(value), place.folder)),
    "env": lambda value, place: EnvSecret(place.owner, text(value)),
    "command": _command,
}

_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {
                "file": {"type": "string", "minLength": 1, "description": "A file that holds the password."},
                "env": {"type": "string", "minLength": 1, "description": "An environment variable."},
                "command": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "A command that prints the password.",
                },
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}

SecretField = Annotated[
    InstanceOf[Secret], BeforeValidator(_secret), PlainSerializer(repr, return_type=str), WithJsonSchema(_SCHEMA)
]
