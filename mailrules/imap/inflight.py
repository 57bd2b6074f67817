"""The commands in flight, and what has come for each: which of them an untagged response answers.

It goes to the oldest that claims it. A command that changes the state, such as SELECT or LOGIN, is a wall: a server
answers nothing before it later, and nothing behind it earlier. RFC 9051 §5.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from mailrules.imap.commands.base import Command, Share
from mailrules.imap.errors import ProtocolError
from mailrules.imap.extensions.esearch import ESearchData
from mailrules.imap.responses import Expunge, Response
from mailrules.imap.state import State, after
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.imap.framing import Limits
    from mailrules.imap.outbox import Outbox


@value(slots=True)
class Flying:
    """One command in flight."""

    command: Command[object]
    untagged: list[Response] = field(default_factory=list)
    """What answers it, so far."""
    weight: int = 0
    """What that takes, as `framing.weight` reckons it."""
    told_capabilities: bool = False

    @property
    def is_wall(self) -> bool:
        """Whether its answer stands between those to the commands before and behind it."""
        return self.command.on_ok is not None


class InFlight:
    """All of them, oldest first."""

    __slots__ = ("_answerable", "_commands", "_kept", "_limits", "_outbox")

    def __init__(self, outbox: Outbox, limits: Limits) -> None:
        self._outbox = outbox
        self._limits = limits
        self._commands: dict[bytes, Flying] = {}
        self._answerable: Sequence[tuple[bytes, Flying]] | None = None
        self._kept = 0  # weight of what answers all of them

    def add(self, tag: bytes, command: Command[object]) -> None:
        """Take a command in that was put into the outbox."""
        self._commands[tag] = Flying(command)
        self.change()

    def end(self, tag: bytes) -> Flying | None:
        """Take a command out that has been answered; None if there is none, or if it has not even left.

        `change` is to follow, as what waited for the answer leaves.
        """
        # Tags can be foreseen: only what has left can have been answered.
        ended = self._commands.pop(tag, None) if self._outbox.is_written(tag) else None
        if ended is not None:
            self._kept -= ended.weight
        return ended

    def change(self) -> None:
        """Take note that something has left the outbox, or may have."""
        self._answerable = None

    @property
    def oldest(self) -> Flying | None:
        """The first that the server may be answering."""
        answerable = self._may_be_answered()
        return answerable[0][1] if answerable else None

    def state_to_come(self, state: State) -> State:
        """Tell where the conversation will be when all of them are answered with OK. Raises StateError."""
        for each in self._commands.values():
            if each.command.on_ok is not None:
                state = after(state, each.command.on_ok)
        return state

    def take(self, response: Response, weight: int) -> bool:
        """Give an untagged response to the oldest command that claims it; tell whether there is one.

        Raises ProtocolError when an answer becomes too much.
        """
        claimant = self._claimant(response)
        if claimant is not None:
            self._keep(claimant, (response,), weight)
        if isinstance(response, Expunge):
            self._count_expunges((response,), weight)
        return claimant is not None

    def take_all(self, responses: Sequence[Response], weights: Sequence[int]) -> Share:
        """Give responses of one kind, none of which names its command, to the oldest that claims all of them.

        Return SOME where an older one claims some of them, NONE where nobody claims any: nothing is taken then. Raises
        ProtocolError when an answer becomes too much.
        """
        for _, each in self._may_be_answered():
            share = each.command.share(responses)
            if share is Share.ALL:
                weight = sum(weights)
                self._keep(each, responses, weight)
                if isinstance(responses[0], Expunge):
                    self._count_expunges(responses, weight)
            if share is not Share.NONE:
                return share
        return Share.NONE

    def _count_expunges(self, responses: Sequence[Response], weight: int) -> None:
        for _, each in self._may_be_answered():
            if each.command.counts_expunges:
                self._keep(each, responses, weight)

    def _keep(self, each: Flying, responses: Sequence[Response], weight: int) -> None:
        """Add responses to a command's answer."""
        each.untagged.extend(responses)
        each.weight += weight
        self._kept += weight
        limits = self._limits
        if len(each.untagged) > limits.responses or self._kept > limits.memory:
            most = f"{limits.responses} responses or {limits.memory} octets of memory"
            raise ProtocolError(f"{each.command.name.decode()}: the answer takes more than {most}")

    def _claimant(self, response: Response) -> Flying | None:
        for tag, each in self._may_be_answered():
            if each.command.claims(response) and _may_be_meant(response, tag):
                return each
        return None

    def _may_be_answered(self) -> Sequence[tuple[bytes, Flying]]:
        if self._answerable is None:
            self._answerable = tuple(self._up_to_a_wall())
        return self._answerable

    def _up_to_a_wall(self) -> Iterator[tuple[bytes, Flying]]:
        for index, (tag, each) in enumerate(self._commands.items()):
            if not self._outbox.is_written(tag) or (each.is_wall and index):
                return
            yield tag, each
            if each.is_wall:
                return


def _may_be_meant(response: Response, tag: bytes) -> bool:
    # RFC 9051 §7.3.4: the answer to a search names its command, so that several may run at once.
    return not isinstance(response, ESearchData) or response.tag is None or response.tag == tag
