"""Cuts a raw header block into its fields (RFC 5322 §2.2); never raises, whatever the bytes are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A name is printable ASCII without space and colon. White space before the colon is obsolete syntax (§4.5), still sent.
# A line that begins with white space belongs to the field above it. Nothing is gone back over: it takes linear time.
_FIELDS = re.compile(r"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_END = re.compile(r"\n\r?\n")
_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §3.6.8: ftext
NAMES_SCHEMA = f"^{_NAME.pattern}$"
"""What can be a field's name, as JSON Schema has it."""
_FOLD = re.compile(r"\r?\n[ \t]+|[\r\n]+")

MAX_OCTETS = 256 << 10
"""What is looked at of all fields of one name: no stranger's header shall hold up the mail of others for seconds."""


class _Names(dict[str, str]):
    """Names of fields in upper case, by how they are written: so many short ones are remembered, and are one object."""

    def __missing__(self, written: str) -> str:
        name = written.upper()
        if len(self) < _REMEMBERED and len(written) <= _SHORT:
            self[written] = name
        return name


_REMEMBERED = 1_000
_SHORT = 40
_names = _Names()


def is_field_name(name: str) -> bool:
    """Tell whether a header field can have this name."""
    return _NAME.fullmatch(name) is not None


def cut_fields(block: bytes) -> dict[str, Sequence[str]]:
    """Give the values of each field by its upper-case name, in the order they came; octets are characters (Latin-1).

    The block ends at its empty line or where its bytes do (some servers leave the empty line out). A line that is no
    field, such as mbox's ``From `` line, is passed over; so is what goes beyond `MAX_OCTETS` in the fields of one name.
    """
    text = block.decode("latin-1").lstrip("\r\n")
    end = _END.search(text)
    found = _FIELDS.findall(text, 0, end.start() if end else len(text))
    fields: dict[str, Sequence[str]] = {_names[name]: (value,) for name, value in found}
    if len(fields) < len(found):
        several: dict[str, list[str]] = {name: [] for name in fields}
        for name, value in found:
            several[_names[name]].append(value)
        fields |= several
    if len(text) > MAX_OCTETS:
        return {name: _bounded(name, values) for name, values in fields.items()}
    return fields


def _bounded(name: str, values: Sequence[str]) -> Sequence[str]:
    kept: list[str] = []
    room = MAX_OCTETS
    for value in values:
        if room <= 0:
            break
        kept.append(value[:room])
        room -= len(name) + len(value) + 1
    return kept


def unfold(value: str) -> str:
    """Make each fold one space, as it is shown, whatever it was folded with."""
    value = value.strip(" \t\r\n")
    return _FOLD.sub(" ", value) if "\n" in value or "\r" in value else value


def split_fields(block: bytes) -> dict[str, tuple[bytes, ...]]:
    """Give the same, each value unfolded and in octets."""
    fields = cut_fields(block).items()
    return {name: tuple(unfold(value).encode("latin-1") for value in values) for name, values in fields}
