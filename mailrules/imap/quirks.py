"""What single servers do that the RFCs do not say and that needs a choice of ours.

A behaviour has a name, a field of Quirks, and is asked for by it: no other file knows a server by name. Which server
has which behaviours is one row of _ROWS, with its source. Harmless leniency is not here but always on, where the
reading is done.
"""

from __future__ import annotations

from mailrules.imap.capability import Capabilities
from mailrules.values import value


@value(frozen=True, slots=True)
class Quirks:
    """The behaviours of one server.

    `distrusted` are capabilities that it lists and that are better left alone. `expunge_archives`: expunging a
    message in one mailbox leaves it in the mailbox of all mail; only the trash mailbox removes it.
    """

    distrusted: frozenset[str] = frozenset()
    expunge_archives: bool = False

    def believed(self, capabilities: Capabilities) -> Capabilities:
        """Leave out what is distrusted."""
        if not self.distrusted:
            return capabilities
        return Capabilities(name for name in capabilities if name not in self.distrusted)


NONE = Quirks()
"""Of a server that does nothing strange, or of which nothing is known yet."""


@value(frozen=True, slots=True)
class _Row:
    """One server: `greeting` is part of its greeting's text, all of `capabilities` are among its capabilities."""

    quirks: Quirks
    greeting: str = ""
    capabilities: tuple[str, ...] = ()

    def fits(self, greeting: str, capabilities: Capabilities) -> bool:
        return self.greeting in greeting and all(name in capabilities for name in self.capabilities)


_ROWS = (
    # Gmail: \Deleted and EXPUNGE in INBOX only take the label off. developers.google.com/gmail/imap/imap-extensions
    _Row(Quirks(expunge_archives=True), capabilities=("X-GM-EXT-1",)),
    # iCloud: messages vanish under QRESYNC (Foundry376/Mailspring-Sync#91). Dovecot with a plug-in has the first of
    # these capabilities, too; nextcloud/mail#3401 shows what iCloud lists.
    _Row(Quirks(distrusted=frozenset({"QRESYNC"})), capabilities=("XAPPLEPUSHSERVICE", "X-SUN-IMAP")),
    # Exchange 2003: NAMESPACE ends the connection (jstedfast/MailKit#1512).
    _Row(Quirks(distrusted=frozenset({"NAMESPACE"})), greeting="Microsoft Exchange Server 2003"),
)


def detect(greeting: str, capabilities: Capabilities | None) -> Quirks:
    """Find out which server this is by its greeting's text and its capabilities, as far as they are known."""
    known = capabilities or Capabilities()
    return next((row.quirks for row in _ROWS if row.fits(greeting, known)), NONE)
