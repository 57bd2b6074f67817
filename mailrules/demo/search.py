"""Reads SEARCH's keys into one predicate and finds the messages that satisfy it. RFC 3501 §6.4.4, RFC 4731."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mailrules.demo import mime
from mailrules.demo.parse import Arguments, BadSyntax
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.demo.mailbox import Message
    from mailrules.demo.mime import Part
    from mailrules.demo.view import View

_RETURN = frozenset({"MIN", "MAX", "ALL", "COUNT"})


class UnknownCharset(Exception):
    """The charset of the search strings is not known; answered ``NO [BADCHARSET]``."""


@value(frozen=True, slots=True)
class Candidate:
    """One message that is looked at."""

    view: View
    message: Message
    part: Part

    def has(self, flag: str) -> bool:
        """Tell whether the message carries a flag, in any case."""
        return flag.lower() in {own.lower() for own in self.view.flags(self.message.uid)}


Predicate = Callable[[Candidate], bool]


@value(frozen=True, slots=True)
class Program:
    """A search: what must hold, and what ESEARCH is to return (empty: the plain SEARCH response)."""

    returns: frozenset[str] | None
    matches: Predicate

    def run(self, view: View) -> list[int]:
        """Return the UIDs of the matching messages, ascending; messages that are gone match nothing."""
        found = []
        for uid in view.uids:
            message = view.mailbox.messages.get(uid)
            if message is not None and self.matches(Candidate(view, message, mime.parse(message.content))):
                found.append(uid)
        return found


def parse_program(arguments: Arguments) -> Program:
    """Read the arguments of SEARCH: RETURN options, CHARSET and keys. Raises BadSyntax or UnknownCharset."""
    returns = None
    if arguments.accept(b"RETURN "):
        returns = frozenset(option.atom() for option in arguments.parenthesised()) or frozenset({"ALL"})
        if not returns <= _RETURN:
            raise BadSyntax("Unknown SEARCH return option")
        arguments.space()
    if arguments.accept(b"CHARSET "):
        charset = arguments.astring().decode("ascii", "replace").upper()
        if charset not in {"US-ASCII", "UTF-8"}:
            raise UnknownCharset
        arguments.space()
    keys = [_key(arguments)]
    while not arguments.at_end():
        keys.append(_key(arguments.space()))
    return Program(returns, _all(keys))


def _key(arguments: Arguments) -> Predicate:
    if arguments.peek(b"("):
        return _all([_key(inner) for inner in arguments.parenthesised()])
    if arguments.rest()[:1].isdigit() or arguments.peek(b"*"):
        wanted = arguments.sequence_set()
        return lambda one: wanted.holds(one.view.sequence(one.message.uid), len(one.view.uids))
    name = arguments.atom()
    if name in _FLAGS:
        return _FLAGS[name]
    if name in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[name](arguments.space())
    raise BadSyntax(f"Unknown SEARCH key {name}")


def _all(keys: list[Predicate]) -> Predicate:
    return lambda one: all(key(one) for key in keys)


def _flag(flag: str) -> Predicate:
    return lambda one: one.has(flag)


def _negated(key: Predicate) -> Predicate:
    return lambda one: not key(one)


def _not(arguments: Arguments) -> Predicate:
    return _negated(_key(arguments))


def _or(arguments: Arguments) -> Predicate:
    left = _key(arguments)
    right = _key(arguments.space())
    return lambda one: left(one) or right(one)


def _uid(arguments: Arguments) -> Predicate:
    wanted = arguments.sequence_set()
    return lambda one: wanted.holds(one.message.uid, one.view.uids[-1])


def _keyword(arguments: Arguments) -> Predicate:
    return _flag(arguments.atom())


def _unkeyword(arguments: Arguments) -> Predicate:
    return _negated(_flag(arguments.atom()))


def _larger(arguments: Arguments) -> Predicate:
    octets = arguments.number()
    return lambda one: len(one.message.content) > octets


def _smaller(arguments: Arguments) -> Predicate:
    octets = arguments.number()
    return lambda one: len(one.message.content) < octets


def _day(
    holds: Callable[[date, date], bool], moment: Callable[[Candidate], date | None]
) -> Callable[[Arguments], Predicate]:
    def read(arguments: Arguments) -> Predicate:
        wanted = arguments.date()

        def matches(one: Candidate) -> bool:
            found = moment(one)
            return found is not None and holds(found, wanted)

        return matches

    return read


def _received(one: Candidate) -> date:
    return one.message.internaldate.date()


def _sent(one: Candidate) -> date | None:
    try:
        return parsedate_to_datetime((one.part.value("date") or b"").decode("latin-1")).date()
    except ValueError:
        return None


def _wanted(arguments: Arguments) -> str:
    return arguments.astring().decode("utf-8", "replace").casefold()


def _header(name: str, wanted: str) -> Predicate:
    def matches(one: Candidate) -> bool:
        values = [raw.partition(b":")[2] for field, raw in mime.fields(one.part.header) if field == name]
        return any(wanted in _decoded(value).casefold() for value in values)

    return matches


def _named_header(name: str) -> Callable[[Arguments], Predicate]:
    return lambda arguments: _header(name, _wanted(arguments))


def _any_header(arguments: Arguments) -> Predicate:
    name = arguments.astring().decode("ascii", "replace").lower()
    return _header(name, _wanted(arguments.space()))


def _body(arguments: Arguments) -> Predicate:
    wanted = _wanted(arguments)
    return lambda one: wanted in _body_text(one.part)


def _text(arguments: Arguments) -> Predicate:
    wanted = _wanted(arguments)
    return lambda one: wanted in _decoded(one.part.header).casefold() or wanted in _body_text(one.part)


def _decoded(header: bytes) -> str:
    """Return header text with its encoded words decoded; what cannot be decoded stays as it is."""
    text = header.decode("utf-8", "replace").replace("\r\n", "")
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _body_text(part: Part) -> str:
    if part.parts:
        return "\n".join(_decoded(inner.header).casefold() + _body_text(inner) for inner in part.parts)
    if not part.kind.startswith("text/"):
        return ""
    charset = dict(part.parameters("content-type")).get("charset", "utf-8")
    try:
        return part.decoded_body().decode(charset, "replace").casefold()
    except LookupError:
        return part.decoded_body().decode("utf-8", "replace").casefold()


_FLAGS: dict[str, Predicate] = {
    "ALL": lambda _: True,
    "ANSWERED": _flag("\\Answered"),
    "DELETED": _flag("\\Deleted"),
    "DRAFT": _flag("\\Draft"),
    "FLAGGED": _flag("\\Flagged"),
    "SEEN": _flag("\\Seen"),
    "RECENT": _flag("\\Recent"),
    "UNANSWERED": _negated(_flag("\\Answered")),
    "UNDELETED": _negated(_flag("\\Deleted")),
    "UNDRAFT": _negated(_flag("\\Draft")),
    "UNFLAGGED": _negated(_flag("\\Flagged")),
    "UNSEEN": _negated(_flag("\\Seen")),
    "OLD": _negated(_flag("\\Recent")),
    "NEW": _all([_flag("\\Recent"), _negated(_flag("\\Seen"))]),
}

_WITH_ARGUMENT: dict[str, Callable[[Arguments], Predicate]] = {
    "NOT": _not,
    "OR": _or,
    "UID": _uid,
    "KEYWORD": _keyword,
    "UNKEYWORD": _unkeyword,
    "LARGER": _larger,
    "SMALLER": _smaller,
    "BEFORE": _day(date.__lt__, _received),
    "ON": _day(date.__eq__, _received),
    "SINCE": _day(date.__ge__, _received),
    "SENTBEFORE": _day(date.__lt__, _sent),
    "SENTON": _day(date.__eq__, _sent),
    "SENTSINCE": _day(date.__ge__, _sent),
    "FROM": _named_header("from"),
    "TO": _named_header("to"),
    "CC": _named_header("cc"),
    "BCC": _named_header("bcc"),
    "SUBJECT": _named_header("subject"),
    "HEADER": _any_header,
    "BODY": _body,
    "TEXT": _text,
}
