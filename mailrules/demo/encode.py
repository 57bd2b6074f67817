"""Writes the values of a response in the forms that RFC 3501 §9 gives them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.demo.parse import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_ATOM = re.compile(rb'[^(){ \x00-\x1f\x7f-\xff%*"\\\]]+')
_QUOTABLE = re.compile(rb"[^\x00\r\n\x80-\xff]*")


def string(value: bytes) -> bytes:
    """Return `value` quoted where that can be done, else as a literal."""
    if len(value) < 1000 and _QUOTABLE.fullmatch(value):
        return b'"' + re.sub(rb'(["\\])', rb"\\\1", value) + b'"'
    return literal(value)


def nstring(value: bytes | None) -> bytes:
    """Return a string, or NIL for None."""
    return b"NIL" if value is None else string(value)


def literal(value: bytes) -> bytes:
    """Return `value` as a literal."""
    return b"{%d}\r\n%b" % (len(value), value)


def astring(value: str) -> bytes:
    """Return a mailbox name in its wire form as an atom if it can be one, else as a string."""
    name = value.encode("ascii")
    return name if _ATOM.fullmatch(name) else string(name)


def parenthesised(items: Iterable[bytes]) -> bytes:
    """Return a parenthesised list."""
    return b"(" + b" ".join(items) + b")"


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags, system flags first, in parentheses."""
    ordered = sorted(flags, key=lambda flag: (not flag.startswith("\\"), flag.lower()))
    return parenthesised(flag.encode("ascii") for flag in ordered)


def number_set(numbers: Sequence[int]) -> bytes:
    """Return ascending numbers as ``1:3,5``."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges).encode()


def date_time(moment: datetime) -> bytes:
    """Return an aware moment as INTERNALDATE writes it."""
    text = f'"{moment.day:02}-{MONTHS[moment.month - 1]}-{moment.year:04} {moment:%H:%M:%S} {moment:%z}"'
    return text.encode("ascii")
