"""How texts are spelt to be compared: what the file has and what mail has go through the same of these."""

from __future__ import annotations

from enum import Enum, auto

from mailrules.rules.domains import a_labels, part_of_domain, u_labels
from mailrules.rules.text import Text, fold, nfc


class Spelling(Enum):
    """What kind of text it is."""

    TEXT = auto()
    DOMAIN = auto()
    """As A-labels; it has no case to mind."""
    ADDRESS = auto()
    """`local@domain`, the domain as A-labels."""

    def of(self, text: str, *, exact: bool) -> str:
        """Spell a whole text; exact, its case matters."""
        normal = nfc if exact else fold
        match self:
            case Spelling.TEXT:
                return normal(text)
            case Spelling.DOMAIN:
                return a_labels(text)
            case Spelling.ADDRESS:
                local, at, domain = text.rpartition("@")
                return normal(local) + at + a_labels(domain) if at else normal(text)

    def part(self, text: str, *, exact: bool) -> str:
        """Spell what is looked for within texts, which may begin and end anywhere in them; exact, its case matters."""
        normal = nfc if exact else fold
        match self:
            case Spelling.TEXT:
                return normal(text)
            case Spelling.DOMAIN:
                return part_of_domain(text)
            case Spelling.ADDRESS:
                local, at, domain = text.rpartition("@")
                return normal(local) + at + part_of_domain(domain) if at else normal(text)


def domain_text(domain: str) -> Text:
    """Give a whole domain, spelt already, as a text in which parts can be looked for."""
    readable = u_labels(domain) if "xn--" in domain else domain
    return Text(domain, domain, None if readable == domain else Text(readable, readable))


def address_text(local: Text, domain: Text | None) -> Text:
    """Give the address of a local part and a domain."""
    if domain is None:
        return local
    readable = None if domain.readable is None else address_text(local, domain.readable)
    return Text(f"{local.value}@{domain.value}", f"{local.folded}@{domain.folded}", readable)
