"""LITERAL+ and LITERAL-, RFC 7888: literals that do not wait for the server.

Only where advertised: Courier, Twisted and WildDuck refuse such a literal and then take its lines for commands.
"""

from __future__ import annotations

from mailrules.imap.capability import Capabilities
from mailrules.imap.grammar import LiteralMode


def literal_mode(capabilities: Capabilities | None) -> LiteralMode:
    """Choose how literals are sent to a server with these capabilities. RFC 7888 §4 and §5."""
    if capabilities is None:
        return LiteralMode.SYNCHRONIZING
    if "LITERAL+" in capabilities:
        return LiteralMode.LITERAL_PLUS
    return LiteralMode.LITERAL_MINUS if "LITERAL-" in capabilities else LiteralMode.SYNCHRONIZING
