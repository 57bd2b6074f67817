"""Understands one complete response; what cannot be understood is `Unknown`, and never an error.

Readers are looked up by name in the registry, so that this file knows only the four shapes of a response: tagged,
continuation, untagged, and untagged with a number in front. RFC 9051 §2.2.2 and §7.
"""

from __future__ import annotations

import re

from mailrules.imap import mailboxdata  # noqa: F401 -- registers its readers
from mailrules.imap.codes import SimpleCode
from mailrules.imap.cursor import Cursor
from mailrules.imap.fetch import fetch_response
from mailrules.imap.registry import RESPONSE_CODES, UNREADABLE, UNTAGGED
from mailrules.imap.responses import (
    Continuation,
    Exists,
    Expunge,
    Kind,
    Recent,
    Response,
    StatusResponse,
    Tagged,
    Unknown,
)
from mailrules.imap.status import resp_text
from mailrules.imap.uidset import SeqNum

_STAR = re.compile(rb"\* *")
_UNTAGGED = re.compile(rb"(\d{1,19} +)?([A-Za-z][A-Za-z0-9.\-]*) *")
_TAGGED = re.compile(rb'([^\x00-\x20()"%*\\{+]+) +(OK|NO|BAD)(?![^ ])', re.IGNORECASE)
_CODE = re.compile(rb"\[([A-Za-z\-]+)[ \]]")
_KINDS = {kind.value.encode(): kind for kind in Kind}


def parse(raw: bytes) -> Response:
    """Read one response as `framing` cuts it, without its last line end. Raises nothing."""
    return parse_counting(raw)[0]


def parse_counting(raw: bytes) -> tuple[Response, int]:
    """Read one response, and tell of how many values it is made, for `framing.weight`."""
    cursor = Cursor(raw)
    try:
        return _response(cursor), cursor.values
    except UNREADABLE:
        return Unknown(raw), 0


def _response(cursor: Cursor) -> Response:
    if cursor.accept(b"+"):
        return Continuation(cursor.text())
    star = _STAR.match(cursor.raw)
    if star:
        cursor.pos = star.end()
    if cursor.peek() == b"[":
        return _status_without_kind(cursor)
    return _response_data(cursor) if star else _response_tagged(cursor)


def _response_tagged(cursor: Cursor) -> Tagged:
    match = cursor.take(_TAGGED, "a tagged response")
    kind = Kind(match[2].decode("ascii").upper())
    code, text = resp_text(cursor)
    # Mailutils puts the code behind the command's name: "NO UID COPY [TRYCREATE] failed".
    if kind is Kind.NO and code is None and "[TRYCREATE]" in text:
        code = SimpleCode("TRYCREATE")
    return Tagged(match[1], kind, code, text)


def _response_data(cursor: Cursor) -> Response:
    match = cursor.take(_UNTAGGED, "untagged data")
    name = match[2].upper()
    if match[1]:
        return _message_data(cursor, int(match[1]), name)
    kind = _KINDS.get(name)
    if kind is not None:
        return StatusResponse(kind, *resp_text(cursor))
    reader = UNTAGGED.get(name)
    if reader is None:
        raise cursor.error("untagged data that is known")
    data = reader(cursor)
    cursor.skip_spaces()
    if not cursor.at_end:
        raise cursor.error("the end")
    return data


def _message_data(cursor: Cursor, number: int, name: bytes) -> Response:
    match name:
        case b"FETCH":
            return fetch_response(cursor, number)
        case b"EXISTS":
            return Exists(number)
        case b"RECENT":
            return Recent(number)
        case b"EXPUNGE" | b"EXPUNGED" if number:  # the latter from Mailutils
            return Expunge(SeqNum(number))
        case _:
            raise cursor.error("message data that is known")


def _status_without_kind(cursor: Cursor) -> StatusResponse:
    """Read "[COPYUID 52 86 1146]" without (Exchange 2013) or with a star (home.pl), where "* OK" belongs before it."""
    match = _CODE.match(cursor.raw, cursor.pos)
    if match is None or match[1].upper() not in RESPONSE_CODES:
        raise cursor.error("a response code that is known")
    return StatusResponse(Kind.OK, *resp_text(cursor))
