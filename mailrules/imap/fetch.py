"""Reads FETCH responses: what the server says of one message. RFC 9051 §7.5.2.

An item that makes no sense is left out, and the others survive. Most responses do not come here: `usual` reads them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.imap import bodies, sections
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
