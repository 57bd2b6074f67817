"""SASL in IMAP: the PLAIN mechanism, RFC 4616, and sending the initial response at once (SASL-IR), RFC 4959."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailrules.imap.capability import Capabilities
from mailrules.imap.commands.notauth import Authenticate, Mechanism
from mailrules.imap.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Plain:
    """Sign in by name and password, both in the clear: only over TLS. RFC 4616 §2.

    `authorization` is the user to act as, if that is another one.
    """

    username: str
    password: str = field(repr=False)
    authorization: str = ""

    @property
    def name(self) -> str:
        """PLAIN."""
        return "PLAIN"

    def initial(self) -> bytes:
        """Message = [authzid] UTF8NUL authcid UTF8NUL passwd. Raises ArgumentError if one of them has a NUL."""
        words = (self.authorization, self.username, self.password)
        if any("\0" in word for word in words):
            raise ArgumentError("PLAIN: a NUL cannot be sent")
        return "\0".join(words).encode(errors="surrogateescape")

    def respond(self, challenge: bytes) -> bytes | None:  # noqa: ARG002 - PLAIN has one message, whatever the server says
        """Return the one message."""
        return self.initial()


def authenticate(mechanism: Mechanism, capabilities: Capabilities | None) -> Authenticate:
    """Make the command: with SASL-IR it needs one round trip less (RFC 4959 §3). Not advertised, not done."""
    at_once = capabilities is not None and "SASL-IR" in capabilities
    return Authenticate(mechanism, mechanism.initial() if at_once else None)
