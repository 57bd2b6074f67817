"""The one place where an argument becomes bytes.

Every command is written with these functions and with no others. CR, LF and NUL are refused here, so that no mailbox
name, flag, search text or password can ever end a line and begin a command of its own. An error names the kind of
argument and never shows it: it may be a password.

RFC 3501 §9, RFC 9051 §9, RFC 7888 §4.
"""

from __future__ import annotations

import re
from dataclasses import field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias, cast

from mailrules.imap.errors import ArgumentError
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from mailrules.imap.names import MailboxName
    from mailrules.imap.uidset import SeqSet, UIDSet

NON_SYNCHRONIZING_LIMIT = 4096
"""Octets: what LITERAL- allows a literal that does not wait (RFC 7888 §5)."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# atom-specials: ( ) { SP CTL % * " \ and ]. An ASTRING-CHAR may be ], and a list-char % and * as well.
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_ASTRING = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_LIST_MAILBOX = re.compile(rb"[!#$%&'*+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_FIELD_NAME = re.compile(rb"[!-9;-~]+")  # RFC 5322 §3.6.8: printable US-ASCII without the colon
_ENDS_A_LINE = re.compile(rb"[\r\n\0]")


@value(frozen=True, slots=True)
class Literal:
    """Octets sent by count; their content is hidden from repr (RFC 9051 §4.3)."""

    data: bytes = field(repr=False)

    @property
    def prefix(self) -> bytes:
        """What stands before the opening brace."""
        return b""


@value(frozen=True, slots=True)
class Literal8(Literal):
    """A literal that may hold any octet, NUL too (RFC 6855 §4 asks for it, RFC 9051 §4.3.1)."""

    @property
    def prefix(self) -> bytes:
        """What stands before the opening brace."""
        return b"~"


Argument: TypeAlias = "bytes | Literal | tuple[Argument, ...]"
"""One argument as it is written; a tuple is a parenthesized list."""


class LiteralMode(Enum):
    """How literals may be sent on this connection (RFC 7888)."""

    SYNCHRONIZING = auto()  # wait for "+" each time
    LITERAL_MINUS = auto()  # do not wait where it is short
    LITERAL_PLUS = auto()  # never wait

    def waits(self, literal: Literal) -> bool:
        """Say whether the client has to wait for ``+`` before the literal's octets."""
        match self:
            case LiteralMode.SYNCHRONIZING:
                return True
            case LiteralMode.LITERAL_MINUS:
                return len(literal.data) > NON_SYNCHRONIZING_LIMIT
            case LiteralMode.LITERAL_PLUS:
                return False


def check(words: Iterable[Argument]) -> None:
    """Raise ArgumentError if a word that is not a literal could end the line."""
    for piece in _spaced(words):
        if isinstance(piece, bytes):
            _refuse_line_end(piece, "argument")


def line(words: tuple[Argument, ...]) -> bytes | None:
    """Write a command that has no literal: `segments` gives the same in any mode. None if it has one.

    Raises ArgumentError if a word could end the line.
    """
    written: bytes | None
    try:
        written = b" ".join(cast("tuple[bytes, ...]", words))  # as it is as a rule
    except TypeError:
        written = _joined(words)
    if written is None:
        return None
    _refuse_line_end(written, "argument")
    return written + b"\r\n"


def _joined(words: Iterable[Argument]) -> bytes | None:
    parts: list[bytes] = []
    for word in words:
        match word:
            case bytes():
                parts.append(word)
            case tuple():
                inner = _joined(word)
                if inner is None:
                    return None
                parts.append(b"(%s)" % inner)
            case _:
                return None
    return b" ".join(parts)


def segments(words: Iterable[Argument], mode: LiteralMode) -> tuple[bytes, ...]:
    """Write one command: each segment but the first may only be sent after the server's ``+``.

    Raises ArgumentError if a word that is not a literal could end the line.
    """
    done: list[bytes] = []
    line = bytearray()
    for piece in _spaced(words):
        if isinstance(piece, bytes):
            _refuse_line_end(piece, "argument")
            line += piece
            continue
        waits = mode.waits(piece)
        line += b"%s{%d%s}\r\n" % (piece.prefix, len(piece.data), b"" if waits else b"+")
        if waits:
            done.append(bytes(line))
            line.clear()
        line += piece.data
    line += b"\r\n"
    done.append(bytes(line))
    return tuple(done)


def _spaced(words: Iterable[Argument]) -> Iterator[bytes | Literal]:
    for index, word in enumerate(words):
        if index:
            yield b" "
        if isinstance(word, tuple):
            yield b"("
            yield from _spaced(word)
            yield b")"
        else:
            yield word


def atom(text: str, what: str = "atom") -> bytes:
    """Write an atom. Raises ArgumentError if it has a character that no atom has."""
    value = _ascii(text, what)
    if not _ATOM.fullmatch(value):
        raise ArgumentError(f"{what}: not an atom")
    return value


def quoted(text: str | bytes, what: str = "text") -> bytes:
    """Write a quoted string. Raises ArgumentError for anything but US-ASCII."""
    value = octets(text, what)
    if not value.isascii():
        raise ArgumentError(f"{what}: only US-ASCII can be quoted")
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def string(value: str | bytes, what: str = "text") -> bytes | Literal:
    """Write a string: quoted, or a literal where it has 8-bit octets."""
    written = octets(value, what)
    return quoted(written, what) if written.isascii() else Literal(written)


def astring(value: str | bytes, what: str = "text") -> bytes | Literal:
    """Write an atom where it can be one, else a string. NIL is quoted: some servers take the atom for nothing."""
    written = octets(value, what)
    if _ASTRING.fullmatch(written) and written.upper() != b"NIL":
        return written
    return string(written, what)


def nstring(value: str | None, what: str = "text") -> bytes | Literal:
    """Write a string, or NIL for None."""
    return b"NIL" if value is None else string(value, what)


def mailbox(name: MailboxName) -> bytes | Literal:
    """Write a mailbox name as the octets that the server gave or MailboxName.from_text made (RFC 9051 §5.1)."""
    return astring(name.raw, "mailbox name")


def list_mailbox(pattern: MailboxName) -> bytes | Literal:
    """Write a LIST pattern, in which ``*`` and ``%`` are wildcards (RFC 9051 §6.3.9)."""
    return pattern.raw if _LIST_MAILBOX.fullmatch(pattern.raw) else string(pattern.raw, "mailbox pattern")


def flag(text: str) -> bytes:
    r"""Write a flag that a client may set: a keyword, or a backslash and a name.

    Raises ArgumentError also for ``\Recent``, which only the server sets (RFC 3501 §2.3.2), and for ``\*``, which is
    no flag.
    """
    name = _ascii(text, "flag")
    # "]" ends an atom in the RFC, but Gmail has keywords with it, and what was taken off must go back on.
    if not _ASTRING.fullmatch(name.removeprefix(b"\\")):
        raise ArgumentError("flag: neither a keyword nor a backslash and a name")
    if name.lower() == b"\\recent":
        raise ArgumentError("flag: only the server sets \\Recent")
    return name


def keyword(text: str) -> bytes:
    r"""Write a keyword: a flag without a backslash. Raises ArgumentError for a system flag such as ``\Seen``."""
    name = flag(text)
    if name.startswith(b"\\"):
        raise ArgumentError("keyword: begins with a backslash, which makes it a system flag")
    return name


def flag_list(flags: Iterable[str]) -> tuple[bytes, ...]:
    """Write a parenthesized list of flags, in a stable order."""
    return tuple(flag(each) for each in sorted(flags))


def field_name(text: str) -> bytes:
    """Write the name of a header field (RFC 5322 §3.6.8), an astring that never is a literal."""
    value = _ascii(text, "header field name")
    if not _FIELD_NAME.fullmatch(value):
        raise ArgumentError("header field name: not printable US-ASCII without colon and space")
    written = astring(value, "header field name")
    assert isinstance(written, bytes)  # noqa: S101 - US-ASCII without line ends is never a literal
    return written


def search_date(day: date) -> bytes:
    """Write a day for SEARCH, as ``1-Feb-1994``."""
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year:04}".encode()


def date_time(when: datetime) -> bytes:
    """Write a date with time and zone for APPEND. Raises ArgumentError if it has no zone, or one with seconds."""
    offset = when.utcoffset()
    if offset is None:
        raise ArgumentError("date-time: has no time zone")
    minutes, seconds = divmod(int(offset.total_seconds()), 60)
    if seconds:
        raise ArgumentError("date-time: the zone's offset is not a number of minutes")
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    return f'"{when.day:2}-{MONTHS[when.month - 1]}-{when.year:04} {when:%H:%M:%S} {zone}"'.encode()


def number(value: int, what: str = "number") -> bytes:
    """Write a number. Raises ArgumentError outside of 0 to 2**63 - 1 (number64, RFC 9051 §9)."""
    if not 0 <= value < 2**63:
        raise ArgumentError(f"{what}: not a number from 0 to 2**63 - 1")
    return b"%d" % value


def sequence_set(numbers: UIDSet | SeqSet) -> bytes:
    """Write a set of UIDs or sequence numbers. Raises ArgumentError if it is empty: no command may name no message."""
    if not numbers:
        raise ArgumentError("message set: is empty")
    return numbers.encode()


def message(data: bytes) -> Literal:
    """Write a whole message for APPEND. Raises ArgumentError if it has a NUL: no literal of RFC 3501 may."""
    if b"\0" in data:
        raise ArgumentError("message: has a NUL")
    return Literal(data)


def octets(value: str | bytes, what: str) -> bytes:
    """Write text as UTF-8. Raises ArgumentError for CR, LF, NUL and lone surrogates."""
    if isinstance(value, str):
        try:
            value = value.encode()
        except UnicodeEncodeError:
            raise ArgumentError(f"{what}: a lone surrogate is no character") from None
    _refuse_line_end(value, what)
    return value


def _ascii(text: str, what: str) -> bytes:
    value = octets(text, what)
    if not value.isascii():
        raise ArgumentError(f"{what}: has a character outside of US-ASCII")
    return value


def _refuse_line_end(value: bytes, what: str) -> None:
    if _ENDS_A_LINE.search(value):
        raise ArgumentError(f"{what}: CR, LF and NUL cannot be sent")
