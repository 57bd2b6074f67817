"""Mailbox names to and from modified UTF-7, written apart from mailrules' own codec so that one checks the other.

RFC 3501 §5.1.3
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode


def to_wire(name: str) -> str:
    """Return the name as an IMAP quoted string."""
    encoded = re.sub(r"[^\x20-\x7e]+|&", lambda match: _encode(match[0]), name)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def from_wire(wire: str) -> str:
    """Return the text of an atom or a quoted string."""
    name = re.sub(r"\\(.)", r"\1", wire[1:-1]) if wire.startswith('"') else wire
    return re.sub(r"&([^-]*)-", lambda match: _decode(match[1]), name)


def _encode(text: str) -> str:
    if text == "&":
        return "&-"
    return "&" + b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"


def _decode(code: str) -> str:
    if not code:
        return "&"
    return b64decode(code.replace(",", "/") + "=" * (-len(code) % 4)).decode("utf-16-be")
