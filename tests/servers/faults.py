"""The plan of a proxy's misdeeds: what is refused or said otherwise, where a connection is cut or stalls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.servers.recording import Exchange


class Point(Enum):
    """Where in a command's life something happens."""

    BEFORE_COMMAND = auto()  # the server never sees it
    AFTER_COMMAND = auto()  # the server has all of it and carries it out; the client learns nothing more
    BEFORE_ANSWER = auto()  # the server has answered and untagged data was delivered; the tagged line is withheld
    AFTER_ANSWER = auto()  # the client gets the tagged line as well


class Action(Enum):
    """What happens there."""

    CUT = auto()
    STALL = auto()
    FREEZE = auto()
    BELATE = auto()
    MEANWHILE = auto()


class Side(Enum):
    """Who gets bytes."""

    CLIENT = auto()
    SERVER = auto()


@dataclass(frozen=True, slots=True)
class Severing:
    """A cut between two bytes, `octets` into what `side` gets in the connection's `flight`."""

    side: Side
    flight: int
    octets: int


@dataclass(slots=True)
class Fault:
    """Something that happens once, at a point of the `nth` command from now that begins like this.

    `then` is called at that moment; `say` is what the client hears last, before a cut.
    """

    action: Action
    point: Point
    pattern: re.Pattern[bytes]
    nth: int
    then: Callable[[], object]
    say: bytes = b""


@dataclass(slots=True)
class _Refusal:
    pattern: re.Pattern[bytes]
    answer: bytes
    times: int | None
    nth: int


@dataclass(slots=True)
class _Change:
    pattern: re.Pattern[bytes]
    by: bytes
    times: int | None = None
    nth: int = 1

    def made(self, text: bytes) -> bytes:
        """Return the text with the change made, where it is to be made at all."""
        if self.times == 0 or not self.pattern.search(text):
            return text
        self.nth -= 1
        if self.nth > 0:
            return text
        changed, count = self.pattern.subn(self.by, text, count=self.times or 0)
        if self.times is not None:
            self.times -= count
        return changed


class Faults:
    """A `pattern` is a regular expression for the beginning of a command without its tag: `UID COPY`, `SELECT "A`."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._severing: Severing | None = None
        self._refusals: list[_Refusal] = []
        self._responses: list[_Change] = []
        self._commands: list[_Change] = []

    def refuse(self, pattern: str, answer: str, *, times: int | None = None, nth: int = 1) -> None:
        """Answer such commands by `answer` (`NO [OVERQUOTA] Quota exceeded`); the server never sees them.

        `times`: how often; None is for ever. `nth`: the first that is refused. The answer comes in its turn, after
        those to earlier commands.
        """
        self._refusals.append(_Refusal(_compile(pattern), answer.encode(), times, nth))

    def accept(self) -> None:
        """Refuse nothing any more, but what needs a removed capability."""
        self._refusals.clear()

    def rewrite(self, pattern: str, by: str, *, times: int | None = None, nth: int = 1) -> None:
        r"""Put `by`, which may hold `\1`, in the place of each match in what the server says, literals included.

        `times`: in how many places; None is everywhere. `nth`: the first response with a match that is rewritten.
        """
        self._responses.append(_Change(_compile(pattern), by.encode(), times, nth))

    def misread(self, pattern: str, by: str) -> None:
        """Let the server read `by` wherever a command's line or literal has a match."""
        self._commands.append(_Change(_compile(pattern), by.encode()))

    def sever(self, side: Side, flight: int, octets: int) -> None:
        """Cut the next connection that gets so far, once, between two bytes.

        Of what `side` gets in the connection's `flight` (1 is the first that the client sends, 0 is the greeting) it
        gets `octets` and no more; if there are fewer, the cut is where the next flight would begin.
        """
        self._severing = Severing(side, flight, octets)

    def cut(
        self,
        pattern: str,
        point: Point = Point.AFTER_COMMAND,
        *,
        nth: int = 1,
        then: Callable[[], object] = lambda: None,
        say: str = "",
    ) -> None:
        """Cut the connection, once, at the `nth` such command from now; `then` is called at that moment.

        `say`: a last word that the client hears, such as `* BYE Going down`.
        """
        last = f"{say}\r\n".encode() if say else b""
        self._faults.append(Fault(Action.CUT, point, _compile(pattern), nth, then, last))

    def stall(self, pattern: str, point: Point = Point.AFTER_COMMAND, *, nth: int = 1) -> None:
        """Let nothing pass from there on, either way, until resume(); the connections stay open."""
        self._faults.append(Fault(Action.STALL, point, _compile(pattern), nth, lambda: None))

    def freeze(self, pattern: str, point: Point = Point.AFTER_COMMAND, *, nth: int = 1) -> None:
        """Let nothing pass on this connection from there on, for ever, while both ends believe it to be open."""
        self._faults.append(Fault(Action.FREEZE, point, _compile(pattern), nth, lambda: None))

    def belate(self, pattern: str, *, nth: int = 1) -> None:
        """Cut the client off, once, at such a command, which the server gets only when `belated()` is called."""
        self._faults.append(Fault(Action.BELATE, Point.BEFORE_COMMAND, _compile(pattern), nth, lambda: None))

    def meanwhile(self, pattern: str, point: Point, act: Callable[[], object], *, nth: int = 1) -> None:
        """Hold the connection at such a command, once, while `act` is called in a thread: somebody else is at work."""
        self._faults.append(Fault(Action.MEANWHILE, point, _compile(pattern), nth, act))

    @property
    def outstanding(self) -> bool:
        """Whether something that was planned to happen once has not happened yet."""
        return bool(self._faults or self._severing)

    def forgive(self) -> None:
        """Plan nothing any more, but what needs a removed capability."""
        for plan in (self._faults, self._refusals, self._responses, self._commands):
            plan.clear()
        self._severing = None

    def refusal(self, text: bytes) -> bytes | None:
        """Return the planned answer to this command, if it is refused."""
        for refusal in self._refusals:
            if refusal.times != 0 and refusal.pattern.match(text):
                refusal.nth -= 1
                if refusal.nth > 0:
                    continue
                if refusal.times is not None:
                    refusal.times -= 1
                return refusal.answer
        return None

    def said(self, response: bytes) -> bytes:
        """Return a response, with its literals, as the client gets it."""
        return _changed(response, self._responses)

    def read(self, line: bytes) -> bytes:
        """Return a line or literal of a command as the server gets it."""
        return _changed(line, self._commands)

    def due(self, point: Point, exchange: Exchange) -> Fault | None:
        """Return what happens to this command at this point; each fault happens once."""
        for fault in self._faults:
            if fault.point is point and fault.pattern.match(exchange.text):
                fault.nth -= 1
                if fault.nth == 0:
                    self._faults.remove(fault)
                    return fault
        return None

    def room(self, side: Side, flight: int, passed: int) -> int | None:
        """Return how many octets this side still gets after those that have `passed` in this flight; None: any."""
        planned = self._severing
        if planned is None or planned.side is not side or planned.flight > flight:
            return None
        return planned.octets - passed if planned.flight == flight else 0

    def severed(self) -> None:
        """Take note that the cut between two bytes has been made."""
        self._severing = None


def _changed(text: bytes, changes: Iterable[_Change]) -> bytes:
    for change in changes:
        text = change.made(text)
    return text


def _compile(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.IGNORECASE | re.DOTALL)
