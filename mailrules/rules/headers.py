"""Cuts a raw header block into its fields (RFC 5322 §2.2); never raises, whatever the bytes are."""

from __future__ import annotations

import re
from collections import defaultdict

# A name is printable ASCII without space and colon. White space before the colon is obsolete syntax (§4.5), still sent.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §3.6.8: ftext
NAMES_SCHEMA = f"^{_NAME.pattern}$"
"""What can be a field's name, as JSON Schema has it."""
_FOLD = re.compile(rb"\r?\n[ \t]+|[\r\n]+")

MAX_OCTETS = 256 << 10
"""What is looked at of all fields of one name: no stranger's header shall hold up the mail of others for seconds."""


def is_field_name(name: str) -> bool:
    """Tell whether a header field can have this name."""
    return _NAME.fullmatch(name) is not None


def split_fields(block: bytes) -> dict[str, tuple[bytes, ...]]:
    """Give the unfolded values of each field by its upper-case name, in the order they came.

    The block ends at its empty line or where its bytes do (some servers leave the empty line out). A line that is no
    field, such as mbox's ``From `` line, is passed over; so is what goes beyond `MAX_OCTETS` in the fields of one name.
    """
    fields: dict[str, list[bytes]] = {}
    room: defaultdict[str, int] = defaultdict(lambda: MAX_OCTETS)
    for raw in _raw_fields(block):
        found = _FIELD.match(raw)
        if found:
            name = found[1].decode("ascii").upper()
            if room[name] > 0:
                fields.setdefault(name, []).append(_unfold(found[2][: room[name]]))
            room[name] -= len(raw)
    return {name: tuple(values) for name, values in fields.items()}


def _raw_fields(block: bytes) -> list[bytes]:
    """Split into fields that still hold their folds: a line that starts with white space belongs to the one before."""
    fields: list[list[bytes]] = []
    for line in block.split(b"\n"):
        if line in {b"", b"\r"}:
            if fields:
                break
        elif line[:1] in {b" ", b"\t"} and fields:
            fields[-1].append(line)
        else:
            fields.append([line])
    return [b"\n".join(lines) for lines in fields]


def _unfold(value: bytes) -> bytes:
    """Make each fold one space, as it is shown, whatever it was folded with."""
    return _FOLD.sub(b" ", value).strip(b" \t")
