"""Who reads what: where the parser looks for the reader of a response, a response code or a FETCH item by its name.

An extension's file adds its own with the three decorators; the rest of the package, `FetchAttribute` with which to ask
included, knows nothing of it. FETCH items are for what only one extension knows, such as X-GM-MSGID: none of those that
are here has one, since MODSEQ is a field of `MessageData`. A reader is given the cursor on the first octet of the data
(the space before it is taken) and leaves it behind the last; it may raise what is in `UNREADABLE`, whereupon the data
becomes `Unknown`, `OtherCode` or, in a FETCH, nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mailrules.imap.codes import ResponseCode
from mailrules.imap.errors import ParseError
from mailrules.imap.responses import FetchItem, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.imap.cursor import Cursor

UNREADABLE = (ParseError, ValueError, LookupError, ArithmeticError)
"""What a reader that meets nonsense may raise: what `Cursor` and Python's own conversions do."""

R = TypeVar("R", bound=Response)
C = TypeVar("C", bound=ResponseCode)
F = TypeVar("F", bound=FetchItem)

UNTAGGED: dict[bytes, Callable[[Cursor], Response]] = {}
RESPONSE_CODES: dict[bytes, Callable[[Cursor], ResponseCode]] = {}
FETCH_ITEMS: dict[bytes, Callable[[Cursor], FetchItem]] = {}


def untagged(name: bytes) -> Callable[[Callable[[Cursor], R]], Callable[[Cursor], R]]:
    """Make the function the reader of untagged responses `* NAME ...`; `name` in upper case."""

    def register(reader: Callable[[Cursor], R]) -> Callable[[Cursor], R]:
        UNTAGGED[name] = reader
        return reader

    return register


def response_code(name: bytes) -> Callable[[Callable[[Cursor], C]], Callable[[Cursor], C]]:
    """Make the function the reader of `[NAME ...]`, up to but without the bracket; `name` in upper case."""

    def register(reader: Callable[[Cursor], C]) -> Callable[[Cursor], C]:
        RESPONSE_CODES[name] = reader
        return reader

    return register


def fetch_item(name: bytes) -> Callable[[Callable[[Cursor], F]], Callable[[Cursor], F]]:
    """Make the function the reader of the FETCH item `NAME value`; what it returns is in `MessageData.extensions`."""

    def register(reader: Callable[[Cursor], F]) -> Callable[[Cursor], F]:
        FETCH_ITEMS[name] = reader
        return reader

    return register
