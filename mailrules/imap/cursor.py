"""A place in one complete response, and the readers of IMAP's small words.

The readers bear the names of the ABNF (RFC 9051 §9). Each takes what it is named after and leaves the cursor behind it,
or raises ParseError; where the cursor stands then is of no use. Leniency is built in where servers need it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from mailrules.imap.dates import parse_date_time
from mailrules.imap.errors import ParseError
from mailrules.imap.names import MailboxName
from mailrules.imap.uidset import LARGEST, STAR, UIDSet, parse_ranges

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailrules.imap.flags import Flags

T = TypeVar("T")

MAX_DEPTH = 120
"""Lists within lists: room for the 100 levels of parts that Dovecot looks into, and for the lists about the innermost.

What is nested deeper is an attack on somebody's stack.
"""

MAX_VALUES = 200_000
"""Values that one response may be made of, hits of a search aside: room for the structure of 10,000 parts.

A list of flags or a set of UIDs takes many times as much memory as it has octets.
"""

# Octets above ASCII are let through everywhere: servers send names and keywords as raw UTF-8 (Mailutils).
_SPACES = re.compile(rb"[ \t]*")
_ATOM = re.compile(rb'[^\x00-\x20()"{\x7f\]]+')
_ASTRING = re.compile(rb'[^\x00-\x20()"{\x7f]+')
_FLAG = re.compile(rb"[^\x00-\x20()\x7f]+")
# A regular expression remembers each round of a group: no string has as many backslashes as would fill the memory.
_QUOTED = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+){0,10000}+)"', re.DOTALL)
_ESCAPED = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"~?\{(\d{1,19})\+?\}\r?\n")
_NUMBER = re.compile(rb"\d{1,19}(?![0-9A-Za-z.+])")
_SEQUENCE_SET = re.compile(rb"[\d:,*]*")
_NIL = re.compile(rb'NIL(?![^\x00-\x20()"{\x7f\]])', re.IGNORECASE)
_PLAIN = re.compile(rb'[^()"{~\x00-\x20]+|[{~]')
_INSIDE_LIST = re.compile(
    rb'~?\{(\d{1,19})\+?\}\r?\n|(\(+)|(\)+)|"[^"\\]*+(?:\\.[^"\\]*+){0,10000}+"|[^()"{]+|\{',
    re.DOTALL,
)


class Cursor:
    """Reads `raw` from `pos` on."""

    __slots__ = ("depth", "pos", "raw", "values")

    def __init__(self, raw: bytes, pos: int = 0) -> None:
        self.raw = raw
        self.pos = pos
        self.depth = 0
        self.values = 0

    # Where are we, and what comes?

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self.pos >= len(self.raw)

    def peek(self) -> bytes:
        """Return the next octet without taking it; nothing at the end."""
        return self.raw[self.pos : self.pos + 1]

    def error(self, wanted: str) -> ParseError:
        """Make the error to raise when `wanted` does not stand here."""
        return ParseError(f"{wanted} expected at octet {self.pos}: {self.raw[self.pos : self.pos + 40]!r}")

    def accept(self, octets: bytes) -> bool:
        """Take these octets if they stand here, in just this case."""
        if not self.raw.startswith(octets, self.pos):
            return False
        self.pos += len(octets)
        return True

    def expect(self, octets: bytes) -> None:
        """Take these octets, which must stand here."""
        if not self.accept(octets):
            raise self.error(repr(octets.decode("ascii")))

    def take(self, pattern: re.Pattern[bytes], wanted: str) -> re.Match[bytes]:
        """Take what matches `pattern` here, which something must."""
        match = pattern.match(self.raw, self.pos)
        if match is None:
            raise self.error(wanted)
        self.pos = match.end()
        return match

    def skip_spaces(self) -> bool:
        """Take any spaces; tell whether there were some."""
        match = _SPACES.match(self.raw, self.pos)
        start, self.pos = self.pos, match.end() if match else self.pos
        return self.pos > start

    def sp(self) -> None:
        """SP, of which some servers send two."""
        if not self.skip_spaces():
            raise self.error("a space")

    def count(self, values: int = 1) -> None:
        """Take note of values that are read; ParseError beyond MAX_VALUES."""
        if self.values + values > MAX_VALUES:
            raise ParseError(f"more than {MAX_VALUES:,} values")
        self.values += values

    def open(self) -> None:
        """Take "(" and go one level down; ParseError beyond MAX_DEPTH."""
        self.expect(b"(")
        self.count()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"lists are nested deeper than {MAX_DEPTH}")

    def close(self) -> None:
        """Take ")" and go one level up. QQ puts a space before it."""
        self.skip_spaces()
        self.expect(b")")
        self.depth -= 1

    # Words

    def atom(self) -> bytes:
        """Atom, as it is spelt."""
        return self.take(_ATOM, "an atom")[0]

    def word(self) -> str:
        """Read an atom that is a keyword of the protocol: in upper case, since servers write it as they like."""
        return self.atom().decode("ascii", "replace").upper()

    def number(self) -> int:
        """Read number or number64."""
        digits = self.take(_NUMBER, "a number")[0]
        value = int(digits)
        if value > LARGEST:
            raise self.error("a number below 2^63")
        return value

    def nz_number(self) -> int:
        """nz-number."""
        value = self.number()
        if value == 0:
            raise self.error("a number above 0")
        return value

    def nil(self) -> bool:
        """Take NIL if it stands here, in any case; tell whether it did."""
        match = _NIL.match(self.raw, self.pos)
        if match:
            self.pos = match.end()
        return match is not None

    def quoted(self) -> bytes:
        """Quoted, unescaped. A backslash before anything but a quote or a backslash stands for itself."""
        octets = self.take(_QUOTED, "a quoted string")[1]
        return _ESCAPED.sub(rb"\1", octets) if b"\\" in octets else octets

    def literal(self) -> bytes:
        """Literal or literal8."""
        size = int(self.take(_LITERAL, "a literal")[1])
        end = self.pos + size
        if end > len(self.raw):
            raise self.error(f"{size} octets")
        octets = self.raw[self.pos : end]
        self.pos = end
        return octets

    def string(self) -> bytes:
        """Quoted, literal or literal8."""
        return self.quoted() if self.peek() == b'"' else self.literal()

    def astring(self) -> bytes:
        """Atom or string. Gmail's "[Gmail]/x" is an atom, too."""
        if self.peek() in {b'"', b"{", b"~"} and (self.peek() != b"~" or _LITERAL.match(self.raw, self.pos)):
            return self.string()
        return self.take(_ASTRING, "a string")[0]

    def nstring(self) -> bytes | None:
        """Read NIL or string, or an atom, as some servers forget the quotes."""
        return None if self.nil() else self.astring()

    def text(self) -> bytes:
        """Take the rest of the response, without spaces around it."""
        rest = self.raw[self.pos :].strip()
        self.pos = len(self.raw)
        return rest

    # Compounds

    def list_of(self, reader: Callable[[Cursor], T]) -> tuple[T, ...]:
        """Read "(" [item *(SP item)] ")", also where spaces are missing, doubled or at the end."""
        self.open()
        items: list[T] = []
        self.skip_spaces()
        while not self.raw.startswith(b")", self.pos):
            self.count()
            items.append(reader(self))
            self.skip_spaces()
        self.close()
        return tuple(items)

    def flag(self) -> str:
        r"""Flag, `\*` included. "]" is allowed: Gmail makes keywords of label names."""
        return self.take(_FLAG, "a flag")[0].decode("utf-8", "backslashreplace")

    def flag_list(self) -> Flags:
        """flag-list; NIL is an empty one."""
        return frozenset() if self.nil() else frozenset(self.list_of(Cursor.flag))

    def mailbox(self) -> MailboxName:
        """Mailbox."""
        return MailboxName(self.astring())

    def uid_set(self) -> UIDSet:
        """uid-set; no set at all is an empty one (GreenMail's and Outlook.com's `COPYUID 14  `), and so is 0 (UW)."""
        ranges = self._ranges()
        return UIDSet.from_ranges(pair for pair in ranges if pair != (0, 0))

    def ranges_in_order(self) -> tuple[range, ...]:
        """uid-set in the order in which it is listed, without 0."""
        found: list[range] = []
        for one, other in self._ranges():
            first, last = (one, other) if one <= other else (other, one)
            if last >= STAR:
                raise self.error("a set of UIDs that ends")
            if last:
                found.append(range(first or 1, last + 1))
        return tuple(found)

    def date_time(self) -> datetime | None:
        """date-time; None for one that no calendar has."""
        return parse_date_time(self.nstring() or b"")

    def skip_value(self) -> None:
        """Take one value of any kind, a list as a whole. Needs no stack, so it knows no depth limit."""
        if self.peek() == b"(":
            self._skip_list()
        elif self.peek() == b'"':
            self.quoted()
        elif _LITERAL.match(self.raw, self.pos):
            self.literal()
        else:
            self.take(_PLAIN, "a value")

    def _skip_list(self) -> None:
        depth = 0
        while True:
            match = self.take(_INSIDE_LIST, "a list that ends")
            match match.lastindex:
                case 1:
                    self.pos = match.start()
                    self.literal()
                case 2:
                    depth += len(match[2])
                case 3:
                    depth -= len(match[3])
                    if depth <= 0:
                        self.pos += depth  # the parentheses beyond belong to others
                        return

    def _ranges(self) -> list[tuple[int, int]]:
        written = self.take(_SEQUENCE_SET, "a set of numbers")[0]
        self.count(written.count(b",") + 1)
        return parse_ranges(written)
