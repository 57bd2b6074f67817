"""SASL in IMAP: the PLAIN mechanism, RFC 4616, and sending the initial response at once (SASL-IR), RFC 4959."""

from __future__ import annotations

from dataclasses import field

from mailrules.imap import grammar
from mailrules.imap.capability import Capabilities
from mailrules.imap.commands.notauth import Authenticate, Mechanism
from mailrules.values import value


@value(slots=True)
class Plain:
    """Sign in by name and password, both in the clear: only over TLS. RFC 4616 §2.

    `authorization` is the user to act as, if that is another one. Making it raises ArgumentError for what LOGIN could
    not send either: CR, LF, NUL.
    """

    username: str
    password: str = field(repr=False)
    authorization: str = ""
    _answered: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.initial()

    @property
    def name(self) -> str:
        """PLAIN."""
        return "PLAIN"

    def initial(self) -> bytes:
        """Write message = [authzid] UTF8NUL authcid UTF8NUL passwd."""
        words = ((self.authorization, "user name"), (self.username, "user name"), (self.password, "password"))
        return b"\0".join(grammar.octets(word, what) for word, what in words)

    def respond(self, challenge: bytes) -> bytes | None:  # noqa: ARG002 - PLAIN has one message, whatever the server says
        """Return the one message to the first challenge, even if it went out with the command, and give up then."""
        if self._answered:
            return None
        self._answered = True
        return self.initial()


def authenticate(mechanism: Mechanism, capabilities: Capabilities | None) -> Authenticate:
    """Make the command: with SASL-IR it needs one round trip less (RFC 4959 §3). Not advertised, not done."""
    at_once = capabilities is not None and "SASL-IR" in capabilities
    return Authenticate(mechanism, mechanism.initial() if at_once else None)
