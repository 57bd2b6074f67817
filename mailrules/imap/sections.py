"""Reads the name of a section as FETCH echoes it: `BODY[1.2.HEADER.FIELDS (FROM TO)]<0>`. RFC 9051 §6.4.5.1, §7.5.2.

Five spellings of one section are about: upper case (Dovecot, UW), as it was asked for (Cyrus, Mailutils, GreenMail),
quoted (Courier, go-imap v2), capitalised (mox, Twisted) and sorted (pymap). All make one `Section`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ParseError
from mailrules.imap.responses import Section, SectionData

_SECTION = re.compile(rb"\[ *([0-9.]*)([A-Za-z.]*) *")
_ORIGIN = re.compile(rb"<(\d{1,19})(?:\.\d+)?>")
_SPECIFIERS = frozenset({"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"})

WHOLE = Section()
HEADER = Section(specifier="HEADER")
TEXT = Section(specifier="TEXT")


def section_data(cursor: Cursor) -> SectionData:
    """Read section ["<" number ">"] SP nstring. GreenMail leaves the space out: `BODY[]<99999>{0}`."""
    which = section(cursor)
    origin = _ORIGIN.match(cursor.raw, cursor.pos)
    if origin:
        cursor.pos = origin.end()
    cursor.skip_spaces()
    return SectionData(which, int(origin[1]) if origin else None, cursor.nstring())


def section(cursor: Cursor) -> Section:
    """Read "[" [part] [specifier] [header list] "]"."""
    match = cursor.take(_SECTION, "a section")
    specifier = match[2].decode("ascii").upper()
    if specifier not in _SPECIFIERS:
        raise cursor.error("a section that is known")
    fields: frozenset[str] = frozenset()
    if specifier.startswith("HEADER.FIELDS"):
        fields = frozenset(name.decode("utf-8", "backslashreplace").upper() for name in cursor.list_of(Cursor.astring))
        cursor.skip_spaces()
    cursor.expect(b"]")
    return Section(tuple(int(number) for number in match[1].split(b".") if number), specifier, fields)


@lru_cache(maxsize=64)
def section_of(text: bytes) -> Section | None:
    """Read a section's text, brackets included; the same few come with every message. None for one that is unknown."""
    try:
        return section(Cursor(text))
    except ParseError:
        return None
