"""Makes text that came with the mail, or from a server, safe to show on a terminal."""

from __future__ import annotations

import unicodedata

__all__ = ["cleaned"]

_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of control, format (bidi), surrogate and line separating characters."""


def cleaned(text: str) -> str:
    r"""Give ``text`` with every control, bidi and line separating character spelt out, as ``\x1b`` or ``\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelt(char) if unicodedata.category(char) in _UNSAFE else char for char in text)


def _spelt(char: str) -> str:
    return char.encode("unicode_escape").decode()
