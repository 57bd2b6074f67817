"""ENABLE, RFC 5161: telling the server which of its extensions may change its answers."""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import untagged
from mailrules.imap.responses import Answer, Response
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class EnabledData(Response):
    """The extensions that are enabled from now on, in upper case. RFC 5161 §3.2."""

    names: frozenset[str]


@value(frozen=True, slots=True)
class Enable(Command[frozenset[str]]):
    """Enable extensions, all that are wanted in one command. RFC 5161 §3.1."""

    name = b"ENABLE"
    states = AUTHENTICATED

    names: tuple[str, ...]

    def arguments(self) -> Iterable[Argument]:
        """The extensions. Raises ArgumentError without one."""
        if not self.names:
            raise ArgumentError("ENABLE: no extension is named")
        return [grammar.atom(name, "extension") for name in self.names]

    def claims(self, response: Response) -> bool:
        """What is enabled."""
        return isinstance(response, EnabledData)

    def result(self, answer: Answer) -> frozenset[str]:
        """Return what is enabled. iCloud answers OK and nothing else: then it is what was asked for."""
        told = [data.names for data in answer.untagged if isinstance(data, EnabledData)]
        return frozenset().union(*told) if told else frozenset(name.upper() for name in self.names)


@untagged(b"ENABLED")
def enabled_data(cursor: Cursor) -> EnabledData:
    """enable-data = "ENABLED" *(SP capability)."""
    names = set()
    while not cursor.at_end:
        names.add(cursor.word())
        cursor.skip_spaces()
    return EnabledData(frozenset(names))
