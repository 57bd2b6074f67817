"""Reads what a field holds: as it was written, and as people see it."""

from __future__ import annotations

from mailrules.rules.charsets import guess
from mailrules.rules.encoded import decode_words
from mailrules.rules.headers import unfold


def written(raw: str) -> str:
    """Give a field's value unfolded, encoded words and all; its octets come as characters (Latin-1)."""
    value = unfold(raw)
    return value if value.isascii() else guess(value.encode("latin-1"))


def decoded(raw: str) -> str:
    """Give it as people see it, whatever spelling of Unicode that is in."""
    if "=?" in raw or not raw.isascii():
        return decode_words(written(raw)).strip()
    value = raw.strip()
    return unfold(value) if "\n" in value or "\r" in value else value
