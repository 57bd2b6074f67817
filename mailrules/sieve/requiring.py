"""Which extensions a script asks for, before anything else in it (RFC 5228 §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.sieve.errors import SieveError
from mailrules.sieve.grammar import read_arguments
from mailrules.sieve.signatures import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailrules.sieve.syntax import Command


def requirements(commands: Sequence[Command]) -> frozenset[str]:
    """Give the names of the extensions. Raises SieveError."""
    required: set[str] = set()
    behind = False
    for command in commands:
        if command.name != "require":
            behind = True
        elif behind:
            raise SieveError(command.place, "'require' stands at the beginning of a script, before every other command")
        else:
            required.update(name.lower() for name in read_arguments(command, COMMANDS["require"]).strings(0))
    return frozenset(required)
