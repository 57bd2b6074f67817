"""What single servers do that the RFCs do not say and that needs a choice of ours.

A behaviour has a name, a field of Quirks, and is asked for by it: no other file knows a server by name. Which server
has which behaviours is one row of _ROWS, with its source. Harmless leniency is not here but always on, where the
reading is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailrules.imap.capability import Capabilities


@dataclass(frozen=True, slots=True)
class Quirks:
    """The behaviours of one server.

    `distrusted` are capabilities that it lists and that are better left alone. `expunge_archives`: expunging a
    message in one mailbox leaves it in the mailbox of all mail; only the trash mailbox removes it.
    """

    distrusted: frozenset[str] = frozenset()
    expunge_archives: bool = False

    def believed(self, capabilities: Capabilities) -> Capabilities:
        """Leave out what is distrusted."""
        return Capabilities(name for name in capabilities if name not in self.distrusted)


@dataclass(frozen=True, slots=True)
class _Row:
    server: str
    quirks: Quirks
    capability: str | None = None
    greeting: str | None = None

    def fits(self, greeting: str, capabilities: Capabilities | None) -> bool:
        if self.capability is not None and capabilities is not None and self.capability in capabilities:
            return True
        return self.greeting is not None and self.greeting in greeting


_ROWS = (
    # Gmail: \\Deleted and EXPUNGE in INBOX only take the label off. developers.google.com/gmail/imap/imap-extensions
    _Row("Gmail", Quirks(expunge_archives=True), capability="X-GM-EXT-1"),
    # iCloud: messages vanish under QRESYNC (Foundry376/Mailspring-Sync#91) and ENABLED never comes
    # (jstedfast/MailKit#1871).
    _Row("iCloud", Quirks(distrusted=frozenset({"QRESYNC"})), capability="XAPPLEPUSHSERVICE"),
    # Exchange 2003: NAMESPACE ends the connection (jstedfast/MailKit#1512).
    _Row("Exchange 2003", Quirks(distrusted=frozenset({"NAMESPACE"})), greeting="Microsoft Exchange Server 2003"),
)


def detect(greeting: str, capabilities: Capabilities | None) -> Quirks:
    """Find out which server this is by its greeting's text and its capabilities, as far as they are known."""
    for row in _ROWS:
        if row.fits(greeting, capabilities):
            return row.quirks
    return Quirks()
