"""COMPRESS=DEFLATE, RFC 4978: what goes over the connection is compressed, both ways."""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class Compress(Command[None]):
    """Turn compression on: after its OK the caller compresses and calls `compression_started`. RFC 4978 §3.

    Only once on a connection: a second one is refused with BAD, or with NO [COMPRESSIONACTIVE] where TLS compresses.
    The RFC would allow it before sign-in, where passwords would be compressed together with what others may know.
    """

    name = b"COMPRESS"
    states = AUTHENTICATED
    flow = Flow.COMPRESS

    def arguments(self) -> Iterable[Argument]:
        """The only algorithm that there is."""
        return (grammar.atom("DEFLATE", "algorithm"),)

    def result(self, answer: Answer) -> None:
        """Nothing."""
