"""Reads ENVELOPE and BODYSTRUCTURE. RFC 9051 §7.5.2 and §9 (envelope, body).

Servers write these themselves from headers that strangers made up, and slip: an odd value inside costs that value, a
broken list the whole item, which then counts as missing.
"""

from __future__ import annotations

from mailrules.imap.cursor import Cursor
from mailrules.imap.structure import Address, BodyStructure, Disposition, Envelope, MultiPart, Parameters, SinglePart


def envelope(cursor: Cursor) -> Envelope:
    """Read an envelope, also within doubled parentheses (Domino, jstedfast/MailKit#943)."""
    cursor.open()
    if cursor.peek() == b"(":
        inner = envelope(cursor)
        cursor.close()
        return inner
    read = Envelope(
        date=cursor.nstring(),
        subject=_next_nstring(cursor),
        sender_from=_addresses(cursor),
        sender=_addresses(cursor),
        reply_to=_addresses(cursor),
        to=_addresses(cursor),
        cc=_addresses(cursor),
        bcc=_addresses(cursor),
        in_reply_to=_next_nstring(cursor),
        message_id=_next_nstring(cursor),
    )
    cursor.close()
    return read


def body(cursor: Cursor) -> BodyStructure:
    """Read a body: one part or several, with or without the extension data of BODYSTRUCTURE."""
    cursor.open()
    cursor.skip_spaces()
    part = _body_type_mpart(cursor) if cursor.peek() == b"(" else _body_type_1part(cursor)
    _skip_rest(cursor)
    cursor.close()
    return part


def _next_nstring(cursor: Cursor) -> bytes | None:
    cursor.sp()
    return cursor.nstring()


def _addresses(cursor: Cursor) -> tuple[Address, ...]:
    cursor.sp()
    if cursor.nil():
        return ()
    if cursor.peek() == b'"':  # "" for NIL
        cursor.quoted()
        return ()
    return cursor.list_of(_address)


def _address(cursor: Cursor) -> Address:
    cursor.open()
    address = Address(cursor.nstring(), _next_nstring(cursor), _next_nstring(cursor), _next_nstring(cursor))
    cursor.close()
    return address


def _body_type_mpart(cursor: Cursor) -> MultiPart:
    parts: list[BodyStructure] = []
    while cursor.peek() == b"(":
        parts.append(body(cursor))
        cursor.skip_spaces()
    subtype = _lower(cursor.nstring())
    parameters: Parameters = ()
    disposition = None
    if _another(cursor):
        parameters = _parameters(cursor)
        if _another(cursor):
            disposition = _disposition(cursor)
    return MultiPart(subtype, tuple(parts), parameters, disposition)


def _body_type_1part(cursor: Cursor) -> SinglePart:
    kind = _lower(cursor.nstring())
    cursor.sp()
    subtype = _lower(cursor.nstring())
    cursor.sp()
    parameters = _parameters(cursor)
    part_id, description, encoding = _next_nstring(cursor), _next_nstring(cursor), _next_nstring(cursor)
    cursor.sp()
    size = _octets(cursor)
    lines = inner_envelope = inner_body = None
    if kind == "message" and subtype in {"rfc822", "global"} and _another(cursor, b"("):
        inner_envelope = envelope(cursor)
        cursor.sp()
        inner_body = body(cursor)
        cursor.sp()
        lines = _octets(cursor)
    elif kind == "text" and _another(cursor):
        lines = _octets(cursor)
    disposition = None
    if _another(cursor):
        cursor.nstring()  # the MD5
        if _another(cursor):
            disposition = _disposition(cursor)
    return SinglePart(
        kind,
        subtype,
        parameters,
        part_id,
        description,
        _lower(encoding),
        size,
        lines,
        inner_envelope,
        inner_body,
        disposition,
    )


def _another(cursor: Cursor, beginning: bytes = b"") -> bool:
    """Whether the list goes on, with this if given; then the space before is taken."""
    start = cursor.pos
    cursor.skip_spaces()
    if cursor.peek() != b")" and cursor.raw.startswith(beginning, cursor.pos):
        return True
    cursor.pos = start
    return False


def _skip_rest(cursor: Cursor) -> None:
    while _another(cursor):
        cursor.skip_value()


def _octets(cursor: Cursor) -> int | None:
    """Read a number; None for NIL, -1 and whatever else some servers have instead."""
    digits = cursor.nstring() or b""
    return int(digits) if digits.isdigit() and len(digits) < 20 else None


def _parameters(cursor: Cursor) -> Parameters:
    if cursor.nil():
        return ()
    values = cursor.list_of(Cursor.nstring)
    return tuple((_lower(name), value or b"") for name, value in zip(values[::2], values[1::2], strict=False))


def _disposition(cursor: Cursor) -> Disposition | None:
    if cursor.peek() != b"(":
        kind = cursor.nstring()
        return Disposition(_lower(kind)) if kind else None
    cursor.open()
    kind = cursor.nstring()
    parameters = _parameters(cursor) if _another(cursor) else ()
    cursor.close()
    return Disposition(_lower(kind), parameters)


def _lower(octets: bytes | None) -> str:
    return (octets or b"").decode("utf-8", "backslashreplace").lower()
