"""How texts are spelt to be compared: what the file has and what mail has go through the same of these."""

from __future__ import annotations

from enum import Enum, auto

from mailrules.rules.domains import a_labels
from mailrules.rules.text import fold, nfc


class Spelling(Enum):
    """What kind of text it is."""

    TEXT = auto()
    DOMAIN = auto()
    """As A-labels; it has no case to mind."""
    ADDRESS = auto()
    """`local@domain`, the domain as A-labels."""

    def of(self, text: str, *, exact: bool) -> str:
        """Spell a text; exact, its case matters."""
        normal = nfc if exact else fold
        match self:
            case Spelling.TEXT:
                return normal(text)
            case Spelling.DOMAIN:
                return a_labels(text)
            case Spelling.ADDRESS:
                local, at, domain = text.rpartition("@")
                return normal(local) + at + a_labels(domain) if at else normal(text)
