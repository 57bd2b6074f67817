"""Cuts the server's octets into complete responses, without understanding them.

A response is a line, or several with literals between them: octets whose number the line before announces at its end,
"{342}". Reading in two stages keeps a response that makes no sense from harming the next one: only where the end of a
response cannot be known is the connection lost. Work grows with the octets, however they are chopped up.
RFC 9051 §2.2.2 and §4.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.imap.errors import FramingError
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITERAL_FOLLOWS = re.compile(rb"\{(\d+)\+?\}\r?\n")

_STATUS = re.compile(rb"\* *(?:OK|NO|BAD|BYE|PREAUTH)(?![^ \r\n])", re.IGNORECASE)

_LONGEST_ANNOUNCEMENT = 64


@value(frozen=True, slots=True)
class Limits:
    """How much a server is believed, so that one connection's part of the memory stays below 256 MiB.

    Of one response: `line`, octets outside of literals, since SEARCH over a million messages answers with up to eleven
    million; `literal`, octets of all its literals together; `literals`, their number. Of the answer to one command:
    `responses`, their number. Of all answers that are under way together: `memory`, in octets, as `weight` reckons it,
    with room for LIST and STATUS of 100,000 mailboxes, or for headers of 48 MiB.
    """

    line: int = 12 << 20
    literal: int = 16 << 20
    literals: int = 10_000
    responses: int = 200_000
    memory: int = 192 << 20


def weight(octets: int, values: int) -> int:
    """Reckon what a response takes that is so long and was read into so many values.

    An octet comes to lie in memory a few times on its way to the rules, and a value of one letter takes as much as many
    letters: a list of a million flags is written in three megabytes and takes a hundred.
    """
    return 4 * octets + 256 * (values + 1)


class Framer:
    """Takes octets as they come and gives complete responses."""

    __slots__ = ("_buffer", "_limits", "_line_start", "_literal_octets", "_literals", "_lost", "_scanned")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._lost: str | None = None
        self._start_response()

    @property
    def buffered(self) -> int:
        """How many octets have come that belong to no response handed out yet."""
        return len(self._buffer)

    def receive_data(self, data: bytes) -> None:
        """Add octets from the server; then go over `responses()`."""
        if self._lost is None:
            self._buffer += data

    @property
    def waiting(self) -> bytes | bytearray:
        """The octets that have come and belong to no response handed out yet; only to be looked at, and at once."""
        return self._buffer

    def skip(self, octets: int) -> int:
        """Take away complete responses that somebody else has read, within the limits; return how much is left."""
        del self._buffer[:octets]
        self._start_response()
        return len(self._buffer)

    def hand_over(self) -> bytes:
        """Give away the octets that belong to no response handed out yet, because they are to be read otherwise."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._start_response()
        return rest

    def responses(self) -> Iterator[bytes]:
        """Cut off and yield the complete responses one by one, each without its last line end.

        Raises FramingError, and does so for ever after, when a limit is passed.
        """
        while True:
            if self._lost is not None:
                raise FramingError(self._lost)
            end = self._end_of_response()
            if end is None:
                return
            raw = self._cut(end)
            if raw:
                yield raw

    def _cut(self, end: int) -> bytes:
        # Bare LF, NULs before a line and empty lines are all sent by servers; postalsys/imapflow knows which.
        has_cr = end - 2 >= self._line_start and self._buffer[end - 2] == ord("\r")
        with memoryview(self._buffer) as view:
            raw = bytes(view[: end - 2 if has_cr else end - 1])
        del self._buffer[:end]
        self._start_response()
        return raw.lstrip(b"\0")

    def _start_response(self) -> None:
        self._line_start = 0
        """Where the line begins that is being looked for: behind the literal, if one was announced."""
        self._scanned = 0
        """Up to where there is no line end that has not been seen."""
        self._literals = 0
        self._literal_octets = 0

    def _end_of_response(self) -> int | None:
        """Find the end of the first response; None if more octets are needed or framing is lost."""
        buffer = self._buffer
        while True:
            found = buffer.find(b"\n", self._scanned)
            end = len(buffer) if found < 0 else found + 1
            if end - self._literal_octets > self._limits.line:
                self._lose(f"a line is longer than {self._limits.line} octets")
            if found < 0:
                self._scanned = max(self._scanned, end)
                return None
            size = self._announced(end)
            if size is None:
                return end
            self._literals += 1
            self._literal_octets += size
            if self._literal_octets > self._limits.literal:
                self._lose(f"literals are longer than {self._limits.literal} octets")
            if self._literals > self._limits.literals:
                self._lose(f"a response has more than {self._limits.literals} literals")
            self._line_start = self._scanned = end + size

    def _announced(self, end: int) -> int | None:
        """Tell how long the literal is that the line which ends here announces, if it does."""
        buffer = self._buffer
        if not buffer.endswith((b"}\r\n", b"}\n"), 0, end):
            return None
        start = buffer.rfind(b"{", max(self._line_start, end - _LONGEST_ANNOUNCEMENT), end)
        match = _LITERAL_FOLLOWS.fullmatch(buffer, start, end) if start >= 0 else None
        if match is None or (not self._literals and _is_text(bytes(buffer[:end]))):
            return None
        return int(match[1])

    def _lose(self, why: str) -> None:
        self._lost = why
        self._buffer.clear()
        raise FramingError(why)


def _is_text(line: bytes) -> bool:
    """Whether "{5}" at the end of this first line announces nothing, being part of a text for people.

    Servers quote bad commands back, so that any status response may end like that. Literals are in data ("* LIST"), and
    in a status response at most inside its response code.
    """
    line = line.lstrip(b"\0")
    if not line.startswith(b"*"):
        return True
    status = _STATUS.match(line)
    if status is None:
        return False
    text = line[status.end() :].lstrip()
    return not text.startswith(b"[") or b"]" in text
