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


@dataclass(slots=True)
class _Fault:
    action: Action
    point: Point
    pattern: re.Pattern[bytes]
    nth: int
    then: Callable[[], None]


@dataclass(slots=True)
class _Refusal:
    pattern: re.Pattern[bytes]
    answer: bytes
    times: int | None


class Faults:
    """A `pattern` is a regular expression for the beginning of a command without its tag: `UID COPY`, `SELECT "A`."""

    def __init__(self) -> None:
        self._faults: list[_Fault] = []
        self._refusals: list[_Refusal] = []
        self._responses: list[tuple[re.Pattern[bytes], bytes]] = []
        self._commands: list[tuple[re.Pattern[bytes], bytes]] = []

    def refuse(self, pattern: str, answer: str, *, times: int | None = None) -> None:
        """Answer such commands by `answer` (`NO [OVERQUOTA] Quota exceeded`); the server never sees them.

        `times`: how often; None is for ever. The answer comes in its turn, after those to earlier commands.
        """
        self._refusals.append(_Refusal(_compile(pattern), answer.encode(), times))

    def accept(self) -> None:
        """Refuse nothing any more, but what needs a removed capability."""
        self._refusals.clear()

    def rewrite(self, pattern: str, by: str) -> None:
        r"""Put `by`, which may hold `\1`, in the place of each match in what the server says, literals included."""
        self._responses.append((_compile(pattern), by.encode()))

    def misread(self, pattern: str, by: str) -> None:
        """Let the server read `by` wherever a command's line or literal has a match."""
        self._commands.append((_compile(pattern), by.encode()))

    def cut(
        self,
        pattern: str,
        point: Point = Point.AFTER_COMMAND,
        *,
        nth: int = 1,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Cut the connection, once, at the `nth` such command from now; `then` is called at that moment."""
        self._faults.append(_Fault(Action.CUT, point, _compile(pattern), nth, then))

    def stall(self, pattern: str, point: Point = Point.AFTER_COMMAND, *, nth: int = 1) -> None:
        """Let nothing pass from there on, either way, until resume(); the connections stay open."""
        self._faults.append(_Fault(Action.STALL, point, _compile(pattern), nth, lambda: None))

    def refusal(self, text: bytes) -> bytes | None:
        """Return the planned answer to this command, if it is refused."""
        for refusal in self._refusals:
            if refusal.times != 0 and refusal.pattern.match(text):
                if refusal.times is not None:
                    refusal.times -= 1
                return refusal.answer
        return None

    def said(self, response: bytes) -> bytes:
        """Return a response, with its literals, as the client gets it."""
        return _rewritten(response, self._responses)

    def read(self, line: bytes) -> bytes:
        """Return a line or literal of a command as the server gets it."""
        return _rewritten(line, self._commands)

    def due(self, point: Point, exchange: Exchange) -> Action | None:
        """Return what happens to this command at this point; each fault happens once."""
        for fault in self._faults:
            if fault.point is point and fault.pattern.match(exchange.text):
                fault.nth -= 1
                if fault.nth == 0:
                    self._faults.remove(fault)
                    fault.then()
                    return fault.action
        return None


def _rewritten(text: bytes, changes: Iterable[tuple[re.Pattern[bytes], bytes]]) -> bytes:
    for pattern, by in changes:
        text = pattern.sub(by, text)
    return text


def _compile(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.IGNORECASE | re.DOTALL)
