"""Reads what servers say of mailboxes: LIST, LSUB, STATUS, SEARCH, FLAGS, CAPABILITY. RFC 9051 §7.2 and §7.3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ParseError
from mailrules.imap.names import MailboxName
from mailrules.imap.registry import untagged
from mailrules.imap.responses import CapabilityData, FlagsData, ListData, LsubData, SearchData, StatusData
from mailrules.imap.status import capability_data
from mailrules.imap.uidset import LARGEST, MAX_COUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.imap.flags import Flags

_NUMBERS = re.compile(rb"[\d ]*")
_PIECE = 1 << 16  # octets
_UNQUOTED = re.compile(rb"[^(\r\n]+")
_USUAL_STATUS = re.compile(rb" \(([A-Za-z]+ [0-9]{1,18}(?: [A-Za-z]+ [0-9]{1,18}){0,7})\)\Z")
"""As thousands of mailboxes answer that are asked again and again; whatever looks otherwise is read word by word."""
_STATUS_FIELDS = frozenset(
    {"messages", "recent", "uidnext", "uidvalidity", "unseen", "deleted", "size", "highestmodseq"}
)


@untagged(b"CAPABILITY")
def _capability(cursor: Cursor) -> CapabilityData:
    return CapabilityData(capability_data(cursor))


@untagged(b"FLAGS")
def _flags(cursor: Cursor) -> FlagsData:
    return FlagsData(cursor.flag_list())


@untagged(b"SEARCH")
def _search(cursor: Cursor) -> SearchData:
    """Read *(SP nz-number) [SP "(MODSEQ" SP number ")"]; the latter is RFC 7162 §3.1.5."""
    start, end = cursor.take(_NUMBERS, "numbers").span()
    if cursor.raw.count(b" ", start, end) > MAX_COUNT:
        raise ParseError("more hits than a mailbox can have")
    numbers = tuple(_numbers(cursor.raw, start, end))
    cursor.values += len(numbers) // 4  # a number takes less than other values
    if numbers and max(numbers) > LARGEST:
        raise ParseError("a number is too large")
    modseq = None
    if cursor.peek() == b"(":
        cursor.open()
        if cursor.word() == "MODSEQ":
            cursor.sp()
            modseq = cursor.number()
        cursor.close()
    return SearchData(numbers, modseq)


def _numbers(raw: bytes, start: int, end: int) -> Iterator[int]:
    """Read numbers piece by piece: a million of them, cut apart at once, would take a hundred octets each."""
    while start < end:
        space = raw.find(b" ", start + _PIECE, end)
        stop = end if space < 0 else space
        yield from map(int, raw[start:stop].split())
        start = stop


@untagged(b"LIST")
def _list(cursor: Cursor) -> ListData:
    attributes, delimiter, name = _mailbox_list(cursor)
    child_info: frozenset[str] = frozenset()
    old_name = None
    cursor.skip_spaces()
    if cursor.peek() == b"(":
        cursor.open()
        cursor.skip_spaces()
        while cursor.peek() != b")":
            # mbox-list-extended-item: RFC 5258 §3.5 CHILDINFO, RFC 9051 §6.3.9.6 OLDNAME.
            tag = cursor.astring().upper()
            cursor.sp()
            if tag == b"CHILDINFO":
                child_info = frozenset(item.decode("ascii", "replace") for item in cursor.list_of(Cursor.astring))
            elif tag == b"OLDNAME":
                old_name = cursor.list_of(Cursor.mailbox)[0]
            else:
                cursor.skip_value()
            cursor.skip_spaces()
        cursor.close()
    return ListData(attributes, delimiter, name, child_info, old_name)


@untagged(b"LSUB")
def _lsub(cursor: Cursor) -> LsubData:
    return LsubData(*_mailbox_list(cursor))


def _mailbox_list(cursor: Cursor) -> tuple[Flags, str | None, MailboxName]:
    attributes = cursor.flag_list()
    cursor.sp()
    delimiter = cursor.nstring()
    cursor.sp()
    return attributes, delimiter.decode("utf-8", "backslashreplace") if delimiter else None, _mailbox(cursor)


@untagged(b"STATUS")
def _status(cursor: Cursor) -> StatusData:
    name = _mailbox(cursor)
    if usual := _USUAL_STATUS.match(cursor.raw, cursor.pos):
        words = usual[1].decode("ascii").lower().split(" ")
        if _STATUS_FIELDS.issuperset(words[::2]):
            cursor.pos = usual.end()
            return StatusData(name, **dict(zip(words[::2], map(int, words[1::2]), strict=True)))
    numbers: dict[str, int] = {}
    mailboxid = None
    cursor.skip_spaces()
    cursor.open()
    cursor.skip_spaces()
    # 163.com and Courier answer "()" where they know none of the items.
    while cursor.peek() != b")":
        item = cursor.word().lower()
        cursor.sp()
        if item in _STATUS_FIELDS:
            numbers[item] = cursor.number()
        elif item == "mailboxid":
            mailboxid = cursor.list_of(Cursor.astring)[0].decode("ascii", "replace")
        else:
            cursor.skip_value()
        cursor.skip_spaces()
    cursor.close()
    return StatusData(name, mailboxid=mailboxid, **numbers)


def _mailbox(cursor: Cursor) -> MailboxName:
    # Exchange (jstedfast/MailKit#945) leaves out the quotes even where a TAB is in the name: all up to the next list.
    if cursor.peek() in {b'"', b"{", b"~"}:
        return cursor.mailbox()
    return MailboxName(cursor.take(_UNQUOTED, "a mailbox")[0].rstrip(b" "))
