"""LIST and LSUB, with LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE (RFC 6154)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo import encode
from mailrules.demo.parse import Arguments, BadSyntax, Command
from mailrules.demo.verbs.mailboxes import status_line
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.demo.session import Session
    from mailrules.demo.tree import Listed

_SELECT_BY = frozenset({"SUBSCRIBED", "RECURSIVEMATCH", "REMOTE", "SPECIAL-USE"})
_RETURN = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE"})


@value(frozen=True, slots=True)
class Request:
    """What a LIST asks for."""

    selection: frozenset[str]
    patterns: tuple[str, ...]
    returns: frozenset[str]
    status: tuple[str, ...]


def list_mailboxes(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.8."""
    request = _request(session, command.arguments)
    if request.patterns == ("",):
        session.untagged(b'LIST (\\Noselect) %b ""' % _delimiter(session))
        return "List completed."
    tree = session.tree
    listed = tree.list_subscribed if "SUBSCRIBED" in request.selection else tree.list
    for line in tuple(listed(request.patterns)):
        special = line.mailbox is not None and line.mailbox.special_use is not None
        if "SPECIAL-USE" in request.selection and not special:
            continue
        attributes = list(line.attributes)
        if "SUBSCRIBED" in request.selection | request.returns and line.name in tree.subscribed:
            attributes.append("\\Subscribed")
        session.untagged(_line(session, b"LIST", line, attributes))
        if request.status and line.mailbox is not None:
            session.untagged(status_line(session, line.name, list(request.status)))
    return "List completed."


def lsub(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.9."""
    reference = command.arguments.space().mailbox()
    pattern = command.arguments.space().list_mailbox()
    command.arguments.end()
    for line in session.tree.list_subscribed([_joined(reference, pattern)]):
        session.untagged(_line(session, b"LSUB", line, ["\\Noselect"] if line.mailbox is None else []))
    return "Lsub completed."


def _request(session: Session, arguments: Arguments) -> Request:
    extended = session.options.has("LIST-EXTENDED")
    selection: frozenset[str] = frozenset()
    returns: set[str] = set()
    status: tuple[str, ...] = ()
    arguments.space()
    if extended and arguments.peek(b"("):
        selection = frozenset(item.atom() for item in arguments.parenthesised())
        if not selection <= _SELECT_BY:
            raise BadSyntax("Unknown LIST selection option")
        arguments.space()
    reference = arguments.mailbox()
    arguments.space()
    if extended and arguments.peek(b"("):
        patterns = tuple(item.list_mailbox() for item in arguments.parenthesised())
    else:
        patterns = (arguments.list_mailbox(),)
    if arguments.accept(b" RETURN "):
        for item in arguments.parenthesised():
            option = item.atom()
            if option == "STATUS" and session.options.has("LIST-STATUS"):
                status = tuple(inner.atom() for inner in item.space().parenthesised())
            elif extended and option in _RETURN:
                returns.add(option)
            else:
                raise BadSyntax("Unknown LIST return option")
    arguments.end()
    return Request(selection, tuple(_joined(reference, pattern) for pattern in patterns), frozenset(returns), status)


def _joined(reference: str, pattern: str) -> str:
    """Put the reference before the pattern; a pattern of nothing asks for the delimiter only."""
    return reference + pattern if pattern else ""


def _line(session: Session, kind: bytes, line: Listed, attributes: list[str]) -> bytes:
    return b"%b %b %b %b" % (kind, encode.flag_list(attributes), _delimiter(session), encode.astring(line.name))


def _delimiter(session: Session) -> bytes:
    return encode.string(session.options.delimiter.encode())
