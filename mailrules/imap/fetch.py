"""Reads FETCH responses: what the server says of one message. RFC 9051 §7.5.2.

The usual ones go through one regular expression an item; whatever is unusual about a response sends it the long way,
where an item that makes no sense is left out and the others survive.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mailrules.imap import bodies, sections
from mailrules.imap.dates import parse_date_time
from mailrules.imap.errors import ParseError
from mailrules.imap.registry import FETCH_ITEMS, UNREADABLE
from mailrules.imap.responses import MessageData, SectionData
from mailrules.imap.uidset import LARGEST, UID, SeqNum

if TYPE_CHECKING:
    from datetime import datetime

    from mailrules.imap.cursor import Cursor
    from mailrules.imap.flags import Flags
    from mailrules.imap.responses import FetchItem
    from mailrules.imap.structure import BodyStructure, Envelope

_USUAL_START = re.compile(rb"\* ([1-9]\d{0,9}) FETCH \(")
# Flags and sections are remembered, so that long ones, of which a server could send any number, go the long way.
_USUAL_ITEM = re.compile(
    rb"UID ([1-9]\d{0,9})"
    rb'|FLAGS \(([^\x00-\x1f()"{\x7f]{0,500})\)'
    rb'|INTERNALDATE "([^"\\]*)"'
    rb"|RFC822\.SIZE (\d{1,18})"
    rb"|MODSEQ \((\d{1,18})\)"
    rb'|BODY(\[[^\]"{]{0,2000}\])(?:<(\d{1,18})>)? \{(\d{1,18})\}\r\n'
)

_NAME = re.compile(rb'[^\x00-\x20()\[\]<{"\x7f]+')
_SECTION_OF_UNKNOWN = re.compile(rb"(?:\[[^\[\]]*\])?(?:<[^<>]*>)?")
_MODSEQ = re.compile(rb"\( *(-?\d{1,19}) *\)")
_ROUNDED = re.compile(rb"\d(?:\.\d{1,17})?[eE]\+?\d\d?(?=[ )])")
_ITEM_FOLLOWS = re.compile(
    rb" *(?:\)|(?:UID|RFC822\.SIZE) \d|(?:FLAGS|MODSEQ|ENVELOPE|BODYSTRUCTURE) \(|INTERNALDATE \"|BODY(?:\[| \())"
)
_TAIL = re.compile(
    rb"\)("
    rb"(?: +(?:UID \d{1,10}|RFC822\.SIZE \d{1,18}|MODSEQ \(\d{1,18}\)|FLAGS \([^()\"]*\)|INTERNALDATE \"[^()\"]+\"))+"
    rb")\) *\Z"
)
_TAIL_OCTETS = 1000

MAX_ITEMS = 1000
"""Items of one message; nobody asks for as many, and reading nonsense is slow."""


def usual_fetch(raw: bytes) -> MessageData | None:
    """Read a FETCH response that is written as most servers write it; None for any other response.

    Raises ParseError if the message is called by two UIDs.
    """
    start = _USUAL_START.match(raw)
    if start is None:
        return None
    found = _Found()
    position = start.end()
    while match := _USUAL_ITEM.match(raw, position):
        position = match.end()
        match match.lastindex:
            case 1:
                found.uids.add(int(match[1]))
            case 2:
                found.flags = _flags_of(match[2])
            case 3:
                found.internaldate = parse_date_time(match[3])
            case 4:
                found.size = int(match[4])
            case 5:
                found.modseq = int(match[5])
            case _:
                section = sections.section_of(match[6])
                if section is None:
                    return None
                end = position + int(match[8])
                origin = int(match[7]) if match[7] else None
                found.sections.append(SectionData(section, origin, raw[position:end]))
                position = end
        following = raw[position : position + 1]
        position += 1
        if following == b")":
            return found.message(int(start[1])) if position == len(raw) else None
        if following != b" ":
            return None
    return None


def fetch_response(cursor: Cursor, seq: int) -> MessageData:
    """Read "(" item *(SP item) ")", of which some items may be broken.

    Raises ParseError if not even a list begins here, if it is endless, or if the message is called by two UIDs.
    """
    found = _Found()
    cursor.open()
    cursor.skip_spaces()
    for _ in range(MAX_ITEMS):
        if cursor.at_end or cursor.accept(b")"):
            return found.message(seq)
        name = cursor.take(_NAME, "the name of an item")[0].upper()
        value = cursor.pos
        try:
            _msg_att(name, cursor, found)
        except UNREADABLE:
            cursor.pos, cursor.depth = value, 1
            _skip_value(cursor)
        cursor.skip_spaces()
    raise ParseError(f"a message has more than {MAX_ITEMS} items")


class _Found:
    """What a response has said so far."""

    __slots__ = (
        "bodystructure",
        "envelope",
        "extensions",
        "flags",
        "internaldate",
        "modseq",
        "sections",
        "size",
        "uids",
    )

    def __init__(self) -> None:
        self.uids: set[int] = set()
        self.flags: Flags | None = None
        self.internaldate: datetime | None = None
        self.size: int | None = None
        self.envelope: Envelope | None = None
        self.bodystructure: BodyStructure | None = None
        self.modseq: int | None = None
        self.sections: list[SectionData] = []
        self.extensions: list[FetchItem] = []

    def message(self, seq: int) -> MessageData:
        # Where a server does not escape quotes in ENVELOPE (iCloud), a subject can pass for an item. Acting on a UID
        # that a stranger wrote would touch somebody else's message.
        if len(self.uids) > 1:
            raise ParseError("one message has two UIDs")
        return MessageData(
            SeqNum(seq),
            UID(self.uids.pop()) if self.uids else None,
            self.flags,
            self.internaldate,
            self.size,
            self.envelope,
            self.bodystructure,
            self.modseq,
            tuple(self.sections),
            tuple(self.extensions),
        )


def _msg_att(name: bytes, cursor: Cursor, found: _Found) -> None:
    """Read what follows the name of an item."""
    if cursor.peek() == b"[":
        if name not in {b"BODY", b"BODY.PEEK"}:
            raise cursor.error("an item that is known")
        found.sections.append(sections.section_data(cursor))
        return
    cursor.skip_spaces()
    match name:
        case b"UID":
            found.uids.add(cursor.nz_number())
        case b"FLAGS":
            found.flags = cursor.flag_list()
        case b"INTERNALDATE":
            found.internaldate = cursor.date_time()
        case b"RFC822.SIZE":
            found.size = _size(cursor)
        case b"MODSEQ":
            found.modseq = _modseq(cursor)
        case b"ENVELOPE":
            found.envelope = bodies.envelope(cursor)
        case b"BODYSTRUCTURE" | b"BODY":
            found.bodystructure = bodies.body(cursor)
        case b"RFC822":
            found.sections.append(SectionData(sections.WHOLE, None, cursor.nstring()))
        case b"RFC822.HEADER":
            found.sections.append(SectionData(sections.HEADER, None, cursor.nstring()))
        case b"RFC822.TEXT":
            found.sections.append(SectionData(sections.TEXT, None, cursor.nstring()))
        case _ if name in FETCH_ITEMS:
            found.extensions.append(FETCH_ITEMS[name](cursor))
        case _:
            raise cursor.error("an item that is known")


def _size(cursor: Cursor) -> int:
    # mail.ru rounds large numbers: 9.3736e+06 (jstedfast/MailKit#1838).
    rounded = _ROUNDED.match(cursor.raw, cursor.pos)
    if rounded is None:
        return cursor.number()
    cursor.pos = rounded.end()
    size = float(rounded[0])
    if size > LARGEST:
        raise cursor.error("a size")
    return int(size)


def _modseq(cursor: Cursor) -> int | None:
    # Zoho sends -1 (jstedfast/MailKit#1686), which is no MODSEQ.
    modseq = int(cursor.take(_MODSEQ, "a MODSEQ")[1])
    return modseq if 0 <= modseq <= LARGEST else None


def _skip_value(cursor: Cursor) -> None:
    """Take the value of an item that is unknown or broken: none at all, one value, or all up to what is sure again."""
    cursor.take(_SECTION_OF_UNKNOWN, "a section")
    if _ITEM_FOLLOWS.match(cursor.raw, cursor.pos):  # Yandex sends items without a value (jstedfast/MailKit#1708)
        return
    cursor.skip_spaces()
    value = cursor.pos
    try:
        cursor.skip_value()
        if cursor.peek() in {b" ", b")"}:
            return
    except ParseError:
        pass
    # A quote inside of a quoted string ends all sense. Simple items between the last list's end and the end of the
    # response are the server's own words all the same: nothing in a string can look like that.
    tail = _TAIL.search(cursor.raw, max(value, len(cursor.raw) - _TAIL_OCTETS))
    cursor.pos = tail.start(1) if tail else len(cursor.raw)


@lru_cache(maxsize=1024)
def _flags_of(text: bytes) -> Flags:
    return frozenset(flag.decode("utf-8", "backslashreplace") for flag in text.split())
