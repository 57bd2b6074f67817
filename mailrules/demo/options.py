"""What one memory server offers: its capabilities, its one user, the shape of its mailbox names."""

from __future__ import annotations

import secrets
from dataclasses import field

from mailrules.values import value

BEFORE_LOGIN = ("IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "ENABLE", "IDLE", "AUTH=PLAIN")
"""Announced to a client that has not signed in."""

CAPABILITIES = (
    "IMAP4rev1",
    "LITERAL+",
    "SASL-IR",
    "ID",
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "ESEARCH",
    "MULTIAPPEND",
)
"""Everything the server can do; `Options.without` takes names off this list."""


@value(frozen=True, slots=True)
class Options:
    r"""How a memory server is set up. What is in `without` is neither announced nor understood.

    `prefix` is the personal namespace's, such as ``INBOX.`` where the delimiter is a dot. With `keywords` False,
    PERMANENTFLAGS has no ``\*`` and keywords are not kept.
    """

    user: str = "demo"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    without: frozenset[str] = frozenset()
    delimiter: str = "/"
    prefix: str = ""
    keywords: bool = True

    def __post_init__(self) -> None:
        """Refuse capabilities that the server never had: a misspelt one would switch off nothing."""
        unknown = self.without.difference(CAPABILITIES, BEFORE_LOGIN)
        if unknown:
            raise ValueError(f"not capabilities of this server: {', '.join(sorted(unknown))}")

    def has(self, capability: str) -> bool:
        """Tell whether a capability is switched on."""
        return capability not in self.without

    def announced(self, capabilities: tuple[str, ...]) -> str:
        """Return those of `capabilities` that are switched on, as the server lists them."""
        return " ".join(filter(self.has, capabilities))
