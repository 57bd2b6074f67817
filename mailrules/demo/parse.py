"""Reads one complete command: its tag, its name and, on demand, its arguments.

Methods of ``Arguments`` carry the names of the productions in RFC 3501 §9. Whatever cannot be read raises
``BadSyntax``, which the client sees as BAD.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Self

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TAG = re.compile(rb'[^(){ \x00-\x1f\x7f%*"\\+]+')
_ATOM = re.compile(rb'[^(){ \x00-\x1f\x7f%*"\\\]]+')
_ASTRING = re.compile(rb'[^(){ \x00-\x1f\x7f%*"\\]+')
_LIST_MAILBOX = re.compile(rb'[^(){ \x00-\x1f\x7f"\\]+')
_FLAG = re.compile(rb'\\?[^(){ \x00-\x1f\x7f%*"\\\]]+')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d{1,20})\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,20}")
_SEQUENCE_SET = re.compile(rb"X(?::X)?(?:,X(?::X)?)*".replace(b"X", rb"(?:[1-9]\d{0,9}|\*)"))
_DATE = re.compile(rb"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_DATE_TIME = re.compile(rb"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")


class BadSyntax(Exception):
    """The client's command does not follow the grammar; the text says where."""


@value(frozen=True, slots=True)
class SequenceSet:
    """Numbers as a client names them; None stands for ``*``, the largest one in use. RFC 3501 §9, ``sequence-set``."""

    ranges: tuple[tuple[int | None, int | None], ...]

    def pick(self, numbers: Sequence[int]) -> list[int]:
        """Return those of the ascending `numbers` that are in the set, ascending and once each."""
        if not numbers:
            return []
        chosen: set[int] = set()
        for first, last in self.ranges:
            low, high = sorted((first or numbers[-1], last or numbers[-1]))
            chosen.update(numbers[bisect_left(numbers, low) : bisect_right(numbers, high)])
        return sorted(chosen)

    def holds(self, number: int, largest: int) -> bool:
        """Tell whether `number` is in the set, ``*`` being `largest`."""
        ends = (sorted((first or largest, last or largest)) for first, last in self.ranges)
        return any(low <= number <= high for low, high in ends)

    def exceeds(self, largest: int) -> bool:
        """Tell whether a number is named that is above `largest`, or any at all where there is none."""
        return largest == 0 or any((end or largest) > largest for ends in self.ranges for end in ends)


class Arguments:
    """A place in the text of a command, literals included; each method reads what its name says and moves on."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: bytes, at: int = 0) -> None:
        self._text = text
        self._at = at

    def rest(self) -> bytes:
        """Return what has not been read yet."""
        return self._text[self._at :]

    def at_end(self) -> bool:
        """Tell whether everything has been read."""
        return self._at == len(self._text)

    def end(self) -> None:
        """Insist that everything has been read."""
        if not self.at_end():
            raise BadSyntax(f"Unexpected arguments: {self.rest()[:40].decode(errors='replace')}")

    def peek(self, token: bytes) -> bool:
        """Tell whether `token` comes next, letters in any case."""
        return self._text[self._at : self._at + len(token)].upper() == token

    def accept(self, token: bytes) -> bool:
        """Read `token` if it comes next, letters in any case."""
        found = self.peek(token)
        if found:
            self._at += len(token)
        return found

    def expect(self, token: bytes) -> None:
        """Read `token` or fail."""
        if not self.accept(token):
            raise BadSyntax(f"Expected {token.decode()!r} at {self.rest()[:40].decode(errors='replace')!r}")

    def space(self) -> Self:
        """Read the one space between two arguments; returns the same place, for chaining."""
        self.expect(b" ")
        return self

    def atom(self) -> str:
        """Read an atom; letters come back in upper case, since every atom that the server looks at is a keyword."""
        return self._read(_ATOM, "an atom").group().decode("ascii", "replace").upper()

    def number(self) -> int:
        """Read a number."""
        return int(self._read(_NUMBER, "a number").group())

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if quoted := _QUOTED.match(self._text, self._at):
            self._at = quoted.end()
            return re.sub(rb"\\(.)", rb"\1", quoted.group(1))
        size = int(self._read(_LITERAL, "a string").group(1))
        self._at += size
        return self._text[self._at - size : self._at]

    def astring(self) -> bytes:
        """Read an atom (with ``]``), a quoted string or a literal."""
        return self._atom_or_string(_ASTRING)

    def list_mailbox(self) -> str:
        """Read a mailbox name in which ``*`` and ``%`` may stand unquoted."""
        return self._name(self._atom_or_string(_LIST_MAILBOX))

    def mailbox(self) -> str:
        """Read a mailbox name in its wire form: modified UTF-7, INBOX in upper case."""
        name = self._name(self.astring())
        return "INBOX" if name.upper() == "INBOX" else name

    def nstring(self) -> bytes | None:
        """Read a string or NIL."""
        return None if self.accept(b"NIL") else self.string()

    def sequence_set(self) -> SequenceSet:
        """Read a set of sequence numbers or UIDs."""
        text = self._read(_SEQUENCE_SET, "a sequence set").group().decode()
        pairs = (item.partition(":") for item in text.split(","))
        return SequenceSet(tuple((_number_or_star(low), _number_or_star(high or low)) for low, _, high in pairs))

    def parenthesised(self) -> Iterator[Self]:
        """Go through a parenthesised list; the caller reads one item at each turn."""
        self.expect(b"(")
        if self.accept(b")"):
            return
        yield self
        while not self.accept(b")"):
            yield self.space()

    def flags(self) -> tuple[str, ...]:
        """Read flags, in parentheses or, as STORE allows, without."""
        if self.peek(b"("):
            return tuple(self._flag() for _ in self.parenthesised())
        flags = [self._flag()]
        while self.accept(b" "):
            flags.append(self._flag())
        return tuple(flags)

    def date(self) -> date:
        """Read a day, with or without quotes."""
        quoted = self.accept(b'"')
        found = self._read(_DATE, "a date")
        if quoted:
            self.expect(b'"')
        day, month, year = found.groups()
        return _checked_date(int(year), month, int(day))

    def date_time(self) -> datetime:
        """Read a quoted moment, such as ``"17-Jul-1996 02:44:25 -0700"``."""
        self.expect(b'"')
        day, month, year, hour, minute, second, sign, hours, minutes = self._read(_DATE_TIME, "a date").groups()
        self.expect(b'"')
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        on = _checked_date(int(year), month, int(day))
        try:
            zone = timezone(-offset if sign == b"-" else offset)
            return datetime(on.year, on.month, on.day, int(hour), int(minute), int(second), tzinfo=zone)
        except ValueError as error:
            raise BadSyntax(f"Impossible date: {error}") from None

    def _flag(self) -> str:
        return self._read(_FLAG, "a flag").group().decode("ascii", "replace")

    def _atom_or_string(self, atom: re.Pattern[bytes]) -> bytes:
        if self.peek(b'"') or self.peek(b"{"):
            return self.string()
        return self._read(atom, "a string").group()

    def _name(self, wire: bytes) -> str:
        try:
            return wire.decode("ascii")
        except UnicodeDecodeError:
            raise BadSyntax("Mailbox names are modified UTF-7") from None

    def _read(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise BadSyntax(f"Expected {what} at {self.rest()[:40].decode(errors='replace')!r}")
        self._at = found.end()
        return found


@value(frozen=True, slots=True)
class Command:
    """One command as it was sent: `name` in upper case, UID commands with their prefix (``UID FETCH``)."""

    tag: str
    name: str
    arguments: Arguments


def parse_command(text: bytes) -> Command:
    """Read the tag and the name of a command, which has no CRLF at its end.

    Raises BadSyntax if there is not even a tag and a name.
    """
    tag = _TAG.match(text)
    if tag is None:
        raise BadSyntax("No tag")
    arguments = Arguments(text, tag.end())
    name = arguments.space().atom()
    if name == "UID":
        name = f"UID {arguments.space().atom()}"
    return Command(tag.group().decode("ascii", "replace"), name, arguments)


def _number_or_star(text: str) -> int | None:
    return None if text == "*" else int(text)


def _checked_date(year: int, month: bytes, day: int) -> date:
    try:
        return date(year, MONTHS.index(month.decode().title()) + 1, day)
    except ValueError:
        raise BadSyntax("Impossible date") from None
