"""What a command is: how it is written, what data answers it, and what that means.

A command is a frozen value. It knows neither tags nor what else is in flight; `outbox` decides when it is written and
`protocol` which responses it gets. To add one, make a child of Command in the file of its group or extension: nothing
else has to change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import ClassVar, Generic, TypeVar

from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer, Response
from mailrules.imap.state import State, Step

T_co = TypeVar("T_co", covariant=True)


class Flow(Enum):
    """How a command shares the connection with those before and behind it."""

    PIPELINED = auto()
    """Goes out behind whatever is in flight (RFC 9051 §5.5)."""
    NUMBERED = auto()
    """Names messages by sequence numbers, which a command before it may shift: waits until all are answered."""
    CONVERSATION = auto()
    """Answers each ``+`` by `continuation`; nothing follows before its tagged answer (AUTHENTICATE)."""
    IDLE = auto()
    """Lasts from ``+`` to DONE (RFC 2177 §3)."""
    STARTTLS = auto()
    """Nothing may follow before TLS is up (RFC 9051 §6.2.1)."""
    COMPRESS = auto()
    """What follows waits for its answer, for OK until both sides compress (RFC 4978 §3)."""


class Share(Enum):
    """How much of what came together answers one command."""

    ALL = auto()
    SOME = auto()
    """Or that is not known at a glance."""
    NONE = auto()


class Command(ABC, Generic[T_co]):
    """One command with its arguments; T_co is what its OK means to the caller."""

    __slots__ = ()

    name: ClassVar[bytes]
    states: ClassVar[frozenset[State]]
    on_ok: ClassVar[Step | None] = None
    on_refusal: ClassVar[Step | None] = None
    flow: ClassVar[Flow] = Flow.PIPELINED
    counts_expunges: ClassVar[bool] = False
    """Whether it must see every EXPUNGE, too, because that shifts the numbers by which its own data name messages."""

    answers_unnamed: ClassVar[bool] = False
    """Whether its untagged data names neither a command nor what it is about, so that two such commands in flight could
    not be told apart: servers may answer them in any order (RFC 9051 §5.5), and Dovecot does."""

    def arguments(self) -> Iterable[Argument]:
        """Write the arguments with `grammar`. Raises ArgumentError for what cannot be sent."""
        return ()

    def claims(self, response: Response) -> bool:  # noqa: ARG002 - most commands have no data of their own
        """Say whether an untagged response answers this command."""
        return False

    def share(self, responses: Sequence[Response]) -> Share:
        """Say how many of these untagged responses answer it; a child may know a shorter way to find out."""
        claimed = sum(map(self.claims, responses))
        if claimed == len(responses):
            return Share.ALL
        return Share.SOME if claimed else Share.NONE

    def continuation(self, text: bytes) -> bytes | None:  # noqa: ARG002
        """Return the line that answers ``+ text``, without its end; None cancels the command (RFC 9051 §6.2.2)."""
        return None

    @abstractmethod
    def result(self, answer: Answer) -> T_co:
        """Return what an answer with OK means."""
