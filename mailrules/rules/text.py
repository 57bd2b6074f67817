"""Text as rules compare it: NFC as read, and case-folded beside it."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import category, is_normalized, normalize

# What turns the order of text round and so can hide what a name really says (UAX #9).
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Text:
    """One decoded value of a message; what a text operator looks at."""

    value: str
    folded: str

    @classmethod
    def of(cls, text: str) -> Text:
        """Normalise decoded text for comparison."""
        value = nfc(text)
        return cls(value, fold(value))


def nfc(text: str) -> str:
    """Compose characters, so that `é` has one spelling (Unicode NFC)."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def fold(text: str) -> str:
    """Take away differences of case and composition (Unicode casefold, then NFC)."""
    return text.lower() if text.isascii() else normalize("NFC", normalize("NFC", text).casefold())


def is_unprintable(character: str) -> bool:
    """Tell control characters, surrogates, line separators and bidi controls."""
    return category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in BIDI_CONTROLS


def printable(text: str, limit: int = 100) -> str:
    """Shorten a value of at most `limit` characters for people: control and bidi characters are shown as escapes."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    if shown.isprintable():
        return shown
    return "".join(_escaped(each) if is_unprintable(each) else each for each in shown)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
