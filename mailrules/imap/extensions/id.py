"""ID, RFC 2971: who client and server are."""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.cursor import Cursor
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import untagged
from mailrules.imap.responses import Answer, Response
from mailrules.imap.state import ANY_STATE
from mailrules.values import value

Fields = tuple[tuple[str, str | None], ...]
"""Field names in lower case with their values, in the order in which they came."""


@value(frozen=True, slots=True)
class IdData(Response):
    """What the other side says of itself; for people and logs, never to decide by. RFC 2971 §3.3."""

    fields: Fields = ()


@value(frozen=True, slots=True)
class Id(Command[IdData]):
    """Exchange names; 163.com refuses SELECT before it. RFC 2971 §3.1."""

    name = b"ID"
    states = ANY_STATE

    fields: Fields = ()

    def arguments(self) -> Iterable[Argument]:
        """The fields, NIL if there are none: Gmail and Exchange refuse an empty list."""
        if not self.fields:
            return (b"NIL",)
        return (tuple(word for name, value in self.fields for word in (grammar.string(name), grammar.nstring(value))),)

    def claims(self, response: Response) -> bool:
        """The server's fields."""
        return isinstance(response, IdData)

    def result(self, answer: Answer) -> IdData:
        """Return the server's fields, none if it told none."""
        found = [data for data in answer.untagged if isinstance(data, IdData)]
        return found[-1] if found else IdData()


@untagged(b"ID")
def id_data(cursor: Cursor) -> IdData:
    """id_response = "ID" SPACE id_params_list."""
    return IdData() if cursor.nil() else IdData(cursor.list_of(_field))


def _field(cursor: Cursor) -> tuple[str, str | None]:
    name = cursor.string().decode("utf-8", "replace").lower()
    cursor.sp()
    value = cursor.nstring()
    return name, None if value is None else value.decode("utf-8", "replace")
