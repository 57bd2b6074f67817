"""Reads octets as a connection would, and holds every reading against one octet at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.imap.framing import Framer, Limits
from mailrules.imap.parser import parse

if TYPE_CHECKING:
    from mailrules.imap.responses import Response


def cut(data: bytes, limits: Limits | None = None, step: int | None = None) -> list[bytes]:
    """Feed `data` in pieces of `step` octets, by default all at once, and return the complete responses."""
    framer = Framer(limits)
    found: list[bytes] = []
    step = step or max(1, len(data))
    for start in range(0, len(data), step):
        framer.receive_data(data[start : start + step])
        found.extend(framer.responses())
    return found


def responses(data: bytes) -> list[Response]:
    """Read complete responses, which must be the same when the octets come one by one."""
    raw = cut(data)
    assert cut(data, step=1) == raw
    return [parse(one) for one in raw]


def response(line: bytes) -> Response:
    """Read one response, given without its last line end."""
    (only,) = responses(line + b"\r\n")
    return only
