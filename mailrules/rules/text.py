"""Text as rules compare it: NFC as read, and case-folded beside it."""

from __future__ import annotations

import re
from unicodedata import category, normalize

from mailrules.values import value

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = frozenset("\u200c\u200d")
"""Format characters without which Persian, Sinhala and emoji can't be written."""
_UNBREAKING = re.compile("[\u00a0\u2007\u202f]")
_WITHOUT_WIDTH = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


@value(frozen=True, slots=True)
class Text:
    """One decoded value of a message; what a text operator looks at."""

    value: str
    folded: str
    readable: Text | None = None
    """The same with a domain's labels as people write them, if that is another spelling."""

    @property
    def spellings(self) -> tuple[Text, ...]:
        """The text, and how it can be written else: a part of it may be in either."""
        return (self,) if self.readable is None else (self, self.readable)

    @classmethod
    def of(cls, text: str) -> Text:
        """Normalise decoded text for comparison."""
        if text.isascii():
            return cls(text, text.lower())
        composed = nfc(text)
        return cls(composed, fold(composed))

    @classmethod
    def flowing(cls, text: str) -> Text:
        """Normalise decoded text for a comparison to which its lines do not matter."""
        composed = nfc(text)
        return cls(composed, flow(fold(composed)))


def nfc(text: str) -> str:
    """Compose characters, so that `é` has one spelling (Unicode NFC)."""
    return text if text.isascii() else normalize("NFC", text)


def fold(text: str) -> str:
    """Take away differences of case and composition (Unicode casefold, then NFC), and those that nobody sees.

    A space that does not break is a space, and neither a soft hyphen nor a space without width parts a word.
    """
    if text.isascii():
        return text.lower()
    # Neither is printable as Python sees it, and looking for that is quick.
    plain = text if text.isprintable() else _WITHOUT_WIDTH.sub("", _UNBREAKING.sub(" ", text))
    return normalize("NFC", normalize("NFC", plain).casefold())


def flow(text: str) -> str:
    """Take away how folded text is set: any run of white space, line ends too, is one space."""
    return _SPACES.sub(" ", text)


def is_unprintable(character: str) -> bool:
    """Tell what moves a terminal's cursor, turns the order of text round (UAX #9) or can't be seen.

    These are Unicode's control, format and surrogate characters and its line and paragraph separators.
    """
    return category(character) in _UNPRINTABLE and character not in JOINERS


def is_name(text: str) -> bool:
    """Tell what can name something in logs and messages: 1 to 200 characters, none of them unprintable."""
    return bool(text.strip()) and len(text) <= 200 and not any(map(is_unprintable, text))


def printable(text: str) -> str:
    r"""Show text with its unprintable characters as TOML's escapes: ``\f``, ``\u001b``, ``\u202e``."""
    if text.isprintable():  # stricter than needed: this is the quick way out
        return text
    return "".join(_escaped(each) if is_unprintable(each) else each for each in text)


def excerpt(text: str, limit: int = 100) -> str:
    """Show a value, printable, of which `limit` characters are enough."""
    return printable(text if len(text) <= limit else text[: limit - 1] + "…")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
