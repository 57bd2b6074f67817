"""Reads what status responses carry: the response code and the text. RFC 9051 §7.1.

Nothing here fails: a code that makes no sense is an `OtherCode`, since the OK or NO before it is what counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.imap.capability import Capabilities
from mailrules.imap.codes import (
    BadCharset,
    CapabilityCode,
    OtherCode,
    PermanentFlags,
    ResponseCode,
    SimpleCode,
    UidNext,
    UidValidity,
    Unseen,
)
from mailrules.imap.registry import RESPONSE_CODES, UNREADABLE, response_code

if TYPE_CHECKING:
    from mailrules.imap.cursor import Cursor

_NAME = re.compile(rb"\[ *([^\x00-\x20\[\]]+) *")
_DATA = re.compile(rb"([^\]]*)\]?")
MAX_TEXT = 1_000
"""Characters of a text for people that are kept: it comes to stand in logs and in the journal."""

_CAPABILITY = re.compile(rb'[^\x00-\x20()"\]]+')


def resp_text(cursor: Cursor) -> tuple[ResponseCode | None, str]:
    """Read [response code] [text], both of which may be missing: RFC 3501 wants a text, Gmail and others send none."""
    cursor.skip_spaces()
    code = resp_text_code(cursor)
    return code, cursor.text()[: 4 * MAX_TEXT].decode("utf-8", "replace")[:MAX_TEXT]


def resp_text_code(cursor: Cursor) -> ResponseCode | None:
    """Read "[" name [data] "]"; None, with nothing taken, if there is none."""
    match = _NAME.match(cursor.raw, cursor.pos)
    if match is None:
        return None
    name = match[1].decode("ascii", "replace").upper()
    reader = RESPONSE_CODES.get(match[1].upper())
    if reader is not None:
        cursor.pos = match.end()
        try:
            code = reader(cursor)
            cursor.skip_spaces()
            if cursor.accept(b"]") or cursor.at_end:
                return code
        except UNREADABLE:
            cursor.depth = 0
    cursor.pos = match.end()
    data = cursor.take(_DATA, "anything")[1].rstrip()
    return SimpleCode(name) if reader is None and not data else OtherCode(name, data)


@response_code(b"UIDVALIDITY")
def _uid_validity(cursor: Cursor) -> UidValidity:
    return UidValidity(cursor.number())


@response_code(b"UIDNEXT")
def _uid_next(cursor: Cursor) -> UidNext:
    return UidNext(cursor.number())


@response_code(b"UNSEEN")
def _unseen(cursor: Cursor) -> Unseen:
    return Unseen(cursor.number())


@response_code(b"PERMANENTFLAGS")
def _permanent_flags(cursor: Cursor) -> PermanentFlags:
    return PermanentFlags(cursor.flag_list())


@response_code(b"CAPABILITY")
def _capability(cursor: Cursor) -> CapabilityCode:
    return CapabilityCode(capability_data(cursor))


@response_code(b"BADCHARSET")
def _bad_charset(cursor: Cursor) -> BadCharset:
    if cursor.peek() != b"(":
        return BadCharset()
    return BadCharset(tuple(name.decode("ascii", "replace") for name in cursor.list_of(lambda each: each.astring())))


def capability_data(cursor: Cursor) -> Capabilities:
    """Read *(SP capability), up to the end or a bracket, with as many spaces as there are."""
    names: list[bytes] = []
    while match := _CAPABILITY.match(cursor.raw, cursor.pos):
        cursor.count()
        names.append(match[0])
        cursor.pos = match.end()
        cursor.skip_spaces()
    return Capabilities(names)
