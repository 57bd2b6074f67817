"""NAMESPACE, RFC 2342: where a user's own mailboxes are, other users' and shared ones."""

from __future__ import annotations

from mailrules.imap.commands.base import Command
from mailrules.imap.cursor import Cursor
from mailrules.imap.names import MailboxName
from mailrules.imap.registry import untagged
from mailrules.imap.responses import Answer, Response
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class NamespaceEntry:
    """One namespace: names in it begin with `prefix`, levels are parted by `delimiter`, None where there are none."""

    prefix: MailboxName
    delimiter: str | None


@value(frozen=True, slots=True)
class NamespaceData(Response):
    """The namespaces, by whom they belong to. RFC 2342 §5."""

    personal: tuple[NamespaceEntry, ...] = ()
    other: tuple[NamespaceEntry, ...] = ()
    shared: tuple[NamespaceEntry, ...] = ()


@value(frozen=True, slots=True)
class Namespace(Command[NamespaceData]):
    """Ask for the namespaces. RFC 2342 §5."""

    name = b"NAMESPACE"
    states = AUTHENTICATED

    def claims(self, response: Response) -> bool:
        """The namespaces."""
        return isinstance(response, NamespaceData)

    def result(self, answer: Answer) -> NamespaceData:
        """Return the namespaces; none if the server told none."""
        found = [data for data in answer.untagged if isinstance(data, NamespaceData)]
        return found[-1] if found else NamespaceData()


@untagged(b"NAMESPACE")
def namespace_data(cursor: Cursor) -> NamespaceData:
    """Namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace."""
    personal = _namespace(cursor)
    cursor.skip_spaces()
    other = _namespace(cursor)
    cursor.skip_spaces()
    return NamespaceData(personal, other, _namespace(cursor))


def _namespace(cursor: Cursor) -> tuple[NamespaceEntry, ...]:
    return () if cursor.nil() else cursor.list_of(_entry)


def _entry(cursor: Cursor) -> NamespaceEntry:
    cursor.open()
    prefix = cursor.string()
    cursor.skip_spaces()
    delimiter = cursor.nstring()
    while cursor.skip_spaces() and cursor.peek() != b")":
        cursor.skip_value()  # Namespace_Response_Extensions
    cursor.close()
    return NamespaceEntry(MailboxName(prefix), delimiter.decode("latin-1") if delimiter else None)
