"""Reads a message at hand into its parts and answers what a server would be asked about it.

Never raises, and takes time in proportion to the message; RFC 2045 and RFC 2046, as servers read them: a boundary is
the longest one open that a line begins with (RFC 2046 §5.1.1), and what is cut off ends where the message does.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from mailrules.rules import questions
from mailrules.rules.headers import split_fields
from mailrules.rules.mime.fields import Described, parse_described
from mailrules.rules.questions import CONTENT_LIMIT
from mailrules.rules.structure import Part
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mailrules.rules.questions import Question

MAX_DEPTH = 100
"""Levels of parts within parts; what is deeper is not looked into."""
MAX_PARTS = 10_000
"""Parts of a message; from there on boundaries are text."""

_BARE_LF = re.compile(rb"(?<!\r)\n")
_EMPTY_LINE_OR_DASHES = re.compile(rb"\n(?:\r\n|--)")
_TYPE = re.compile(r"[!#$%&'*+.^_`{|}~0-9a-z-]+/[!#$%&'*+.^_`{|}~0-9a-z-]+")
_MESSAGES = frozenset({"message/rfc822", "message/global"})


def local_answers(raw: bytes, asked: Iterable[Question[object]]) -> dict[Question[object], object]:
    """Answer questions about a message from its octets alone, with None for what only a server can say.

    Nothing has been met before it, and nothing it answers has been filed.
    """
    message = read_message(raw)
    return {question: _answer(message, question) for question in asked}


def _answer(message: LocalMessage, question: Question[object]) -> object:
    match question:
        case questions.Structure():
            return message.structure
        case questions.Content(section=section):
            return message.content(section)
        case questions.PartHeader(section=section):
            return message.header(section)
        case questions.RawBody():
            return message.body
        case questions.Met():
            return False
        case questions.Filed():
            return ""
    return None


@value(frozen=True, slots=True)
class LocalMessage:
    """A message and its parts, with lines that end with CRLF, as IMAP gives them."""

    structure: Part
    body: bytes
    """What is below the header, at most `CONTENT_LIMIT` octets of it."""
    _text: bytes = field(repr=False)
    _headers: Mapping[str, slice] = field(repr=False)
    _contents: Mapping[str, slice] = field(repr=False)

    def content(self, section: str) -> bytes | None:
        """Give a part as it is encoded for transfer, at most `CONTENT_LIMIT` octets of it; None if there is none."""
        place = self._contents.get(section)
        return None if place is None else self._text[place][:CONTENT_LIMIT]

    def header(self, section: str) -> bytes | None:
        """Give the header of a part, at most `CONTENT_LIMIT` octets of it; None if there is no such part."""
        place = self._headers.get(section)
        return None if place is None else self._text[place][:CONTENT_LIMIT]


def read_message(raw: bytes) -> LocalMessage:
    """Read a message, whatever its lines end with."""
    reader = _Reader(b"\r\n" + _BARE_LF.sub(b"\r\n", raw))
    structure = reader.entity(_MESSAGE, "text/plain", 0)
    body = reader.headers[structure.section].stop
    return LocalMessage(structure, reader.text[body:][:CONTENT_LIMIT], reader.text, reader.headers, reader.contents)


class _Numbers(NamedTuple):
    """How IMAP numbers an entity, which depends on what it turns out to be. RFC 9051 §6.4.5.1."""

    single: str
    multipart: str
    below: str
    """What the numbers of a multipart's parts begin with."""

    def part(self, number: int) -> _Numbers:
        section = f"{self.below}{number}"
        return _Numbers(section, section, f"{section}.")

    def message(self) -> _Numbers:
        """The message in a message/rfc822: a multipart shares its numbers, anything else is its part 1."""
        return _Numbers(f"{self.single}.1", f"{self.single}.TEXT", f"{self.single}.")


_MESSAGE = _Numbers("1", "", "")


class _Stop(NamedTuple):
    """A line that is the boundary of an open multipart."""

    level: int
    """Which one of those open."""
    closing: bool
    begin: int
    end: int
    """Where the next line begins."""


class _Reader:
    """Goes over the text once; `text` begins with a line end, so that one stands before every line."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.headers: dict[str, slice] = {}
        self.contents: dict[str, slice] = {}
        self._place = 2
        self._open: tuple[bytes, ...] = ()
        """The boundaries of the multiparts that are being read, dashes included, the innermost last."""
        self._stop: _Stop | None = None
        """The boundary that ended what was read last; None at the end of the text."""

    def entity(self, numbers: _Numbers, default: str, depth: int) -> Part:
        """Read a message or a part from here to the boundary that ends it."""
        begin = self._place
        if len(self.headers) >= MAX_PARTS - 1:
            self._open = ()
        self._read_header()
        header = slice(begin, self._place)
        fields = split_fields(self.text[header])
        kind = _kind(fields.get("CONTENT-TYPE", ()), default)
        disposition = parse_described(_first(fields, "CONTENT-DISPOSITION"))
        if depth < MAX_DEPTH and kind.word.startswith("multipart/"):
            self.headers[numbers.multipart] = header
            parts = self._parts(numbers, kind, depth)
            self.contents[numbers.multipart] = slice(header.stop, self._end(header.stop))
            return Part(numbers.multipart, *kind, *disposition, children=parts)
        self.headers[numbers.single] = header
        children: tuple[Part, ...] = ()
        if depth < MAX_DEPTH and kind.word in _MESSAGES:
            within = numbers.message()
            children = (self.entity(within, "text/plain", depth + 1) if self._stop is None else self._nothing(within),)
        self._seek()
        content = slice(header.stop, self._end(header.stop))
        self.contents[numbers.single] = content
        return Part(
            numbers.single,
            *kind,
            *disposition,
            encoding=_first(fields, "CONTENT-TRANSFER-ENCODING").decode("latin-1").lower() or "7bit",
            octets=content.stop - content.start,
            content_id=_first(fields, "CONTENT-ID"),
            description=_first(fields, "CONTENT-DESCRIPTION"),
            children=children,
        )

    def _parts(self, numbers: _Numbers, kind: Described, depth: int) -> tuple[Part, ...]:
        """Read the parts of a multipart, and what is around them; there is one at least, if only an empty text."""
        around = self._open
        boundary = dict(kind.parameters).get("boundary")
        parts: list[Part] = []
        if boundary is not None:
            self._open = (*around, b"--" + boundary)
        self._seek()
        default = "message/rfc822" if kind.word == "multipart/digest" else "text/plain"
        while self._stop is not None and self._stop.level == len(around) and not self._stop.closing:
            self._place, self._stop = self._stop.end, None
            parts.append(self.entity(numbers.part(len(parts) + 1), default, depth + 1))
        self._open = around
        if self._stop is not None and self._stop.level == len(around):
            self._place, self._stop = self._stop.end, None
            self._seek()
        return tuple(parts) or (self._nothing(numbers.part(1)),)

    def _nothing(self, numbers: _Numbers) -> Part:
        self.headers[numbers.single] = self.contents[numbers.single] = slice(0, 0)
        return Part(numbers.single, *_kind((), "text/plain"), encoding="7bit", octets=0)

    def _read_header(self) -> None:
        """Go to the end of a header: behind its empty line, or to a boundary that comes first."""
        for found in _EMPTY_LINE_OR_DASHES.finditer(self.text, self._place - 1):
            if found[0] == b"\n\r\n":
                self._place = found.end()
                return
            self._stop = self._boundary(found.start() + 1)
            if self._stop is not None:
                self._place = self._stop.begin
                return
        self._place = len(self.text)

    def _seek(self) -> None:
        """Find the boundary that ends what is read now, unless it has ended already."""
        place = self._place - 1 if self._open and self._stop is None else -1
        while place >= 0 and (place := self.text.find(b"\n--", place)) >= 0:
            place += 1
            self._stop = self._boundary(place)
            if self._stop is not None:
                return

    def _boundary(self, begin: int) -> _Stop | None:
        """Read a line that begins with dashes: of the boundaries it begins with, the longest counts."""
        if not self.text.startswith(self._open, begin):
            return None
        level, boundary = max(
            ((level, each) for level, each in enumerate(self._open) if self.text.startswith(each, begin)),
            key=lambda found: (len(found[1]), found[0]),
        )
        closing = self.text.startswith(b"--", begin + len(boundary))
        line_end = self.text.find(b"\n", begin)
        return _Stop(level, closing, begin, len(self.text) if line_end < 0 else line_end + 1)

    def _end(self, begin: int) -> int:
        """Where a content ends that begins there: the line end before a boundary is the boundary's."""
        return len(self.text) if self._stop is None else max(begin, self._stop.begin - 2)


def _first(fields: Mapping[str, tuple[bytes, ...]], name: str) -> bytes:
    return fields.get(name, (b"",))[0]


def _kind(values: tuple[bytes, ...], default: str) -> Described:
    """Read a Content-Type; without one, or where it makes no sense, the default holds (RFC 2045 §5.2)."""
    kind = parse_described(values[0]) if values else Described(default, ())
    if not _TYPE.fullmatch(kind.word):
        kind = Described("text/plain", ())
    if kind.word.startswith("text/") and "charset" not in dict(kind.parameters):
        return Described(kind.word, (*kind.parameters, ("charset", b"us-ascii")))
    return kind
