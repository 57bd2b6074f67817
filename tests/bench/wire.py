"""What passed through the relay, read as IMAP: commands, answers, octets, and the round trips that were waited for.

Round trips are counted by cause: a command is one round trip later than the latest command of which any answer had
reached the client when it was sent. However commands and answers overlap, a line with a round-trip time of t needs
at least (trips x t) for them. The server is taken to answer commands in their order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.relay import Passed, Way

_LINE = re.compile(rb"[^\n]*\n")
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_EXISTS = re.compile(rb"\* \d+ EXISTS\r")
_TAGGED = re.compile(rb"([^ *+][^ ]*) (OK|NO|BAD)\b")


@dataclass(slots=True, eq=False)
class Command:
    """A command. Times are seconds of the monotonic clock, all of them as the client sees it, but for `done`."""

    connection: int
    tag: bytes
    name: str
    trip: int
    """How many round trips were waited for until its answer, itself among them."""
    sent: float
    done: float = 0.0
    """When the server said its tagged answer."""
    answered: float = 0.0
    """When that was given to the client; 0 while there is none."""
    cpu: float = 0.0
    """The client's processor time then."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The server's word that a mailbox has more messages, as it reached the client."""

    connection: int
    told: float
    trip: int


@dataclass(slots=True)
class _Side:
    """A half of a connection: what is left of an incomplete line, or how much of a literal is to come."""

    rest: bytes = b""
    literal: int = 0
    begun: bool = False
    """Whether a line has ended in a literal: what follows that belongs to it."""

    def lines(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Give the complete lines, with whether they begin a command or an answer. Literals are passed over."""
        data, at = self.rest + data, 0
        self.rest = b""
        while at < len(data):
            if self.literal:
                taken = min(self.literal, len(data) - at)
                self.literal -= taken
                at += taken
            elif (found := _LINE.match(data, at)) is None:
                self.rest = data[at:]
                return
            else:
                line, at = found[0], found.end()
                announced = _LITERAL.search(line)
                first, self.begun = not self.begun, announced is not None
                self.literal = int(announced[1]) if announced else 0
                yield line, first


@dataclass(slots=True)
class Talk:
    """All that passed in a run."""

    commands: list[Command] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    up: int = 0
    """Octets that the client sent."""
    down: int = 0

    def find(self, name: str) -> list[Command]:
        """Give the commands of this name."""
        return [command for command in self.commands if command.name == name]


@dataclass(frozen=True, slots=True)
class Work:
    """What it took from SELECT's OK to the last OK."""

    seconds: float
    cpu: float
    """Seconds of the client's processor time."""
    trips: int
    commands: int
    up: int
    down: int


def read(passed: Iterable[Passed]) -> Talk:
    """Read what a relay has noted."""
    talk = Talk()
    sides: dict[tuple[int, Way], _Side] = defaultdict(_Side)
    open_ones: dict[int, list[Command]] = defaultdict(list)
    trips: dict[int, int] = defaultdict(int)  # of the latest command of which an answer has reached the client
    for piece in sorted(passed, key=lambda piece: piece.came if piece.way is Way.UP else piece.went):
        number, side = piece.connection, sides[piece.connection, piece.way]
        if piece.way is Way.UP:
            talk.up += len(piece.data)
            for line, first in side.lines(piece.data):
                if first and (command := _command(line, piece, trips[number] + 1)) is not None:
                    talk.commands.append(command)
                    if command.tag:
                        open_ones[number].append(command)
            continue
        talk.down += len(piece.data)
        for line, first in side.lines(piece.data):
            if first:
                _answer(line, piece, talk, open_ones[number], trips)
    return talk


def _command(line: bytes, piece: Passed, trip: int) -> Command | None:
    tag, _, text = line.rstrip(b"\r\n").partition(b" ")
    words = text.upper().split(None, 2)
    if not words:  # DONE, or a line that goes on with AUTHENTICATE
        return Command(piece.connection, b"", "DONE", trip, piece.came) if tag.upper() == b"DONE" else None
    name = b" ".join(words[:2] if words[0] == b"UID" else words[:1]).decode("ascii", "replace")
    return Command(piece.connection, tag, name, trip, piece.came)


def _answer(line: bytes, piece: Passed, talk: Talk, open_ones: list[Command], trips: dict[int, int]) -> None:
    if tagged := _TAGGED.match(line):
        for command in open_ones:
            if command.tag == tagged[1]:
                open_ones.remove(command)
                command.done, command.answered, command.cpu = piece.came, piece.went, piece.cpu
                trips[piece.connection] = max(trips[piece.connection], command.trip)
                return
        return
    number, oldest = piece.connection, open_ones[0] if open_ones else None
    if oldest is not None:
        trips[number] = max(trips[number], oldest.trip)
    if _EXISTS.match(line) and (oldest is None or oldest.name not in {"SELECT", "EXAMINE"}):
        talk.arrivals.append(Arrival(number, piece.went, trips[number]))


def work_of(passed: Sequence[Passed]) -> Work:
    """Measure from the OK of the first SELECT to the last OK, that of LOGOUT left out."""
    talk = read(passed)
    selects = [command for command in talk.commands if command.name == "SELECT" and command.answered]
    if not selects:
        raise ValueError("no mailbox was selected")
    begin = selects[0]
    done = [command for command in talk.commands if command.sent >= begin.answered]
    done = [command for command in done if command.answered and command.name not in {"LOGOUT", "CLOSE", "UNSELECT"}]
    end = max(done, key=lambda command: command.answered, default=begin)
    last = max((command.trip for command in done), default=begin.trip)
    within = [piece for piece in passed if begin.answered <= (piece.came if piece.way is Way.UP else piece.went)]
    within = [piece for piece in within if (piece.came if piece.way is Way.UP else piece.went) <= end.answered]
    return Work(
        end.answered - begin.answered,
        end.cpu - begin.cpu,
        last - begin.trip,
        len(done),
        sum(len(piece.data) for piece in within if piece.way is Way.UP),
        sum(len(piece.data) for piece in within if piece.way is Way.DOWN),
    )


@dataclass(frozen=True, slots=True)
class Filing:
    """How long it took from the word that a message came to the server's OK for its move, and in how many trips."""

    told: float
    seconds: float
    trips: int


def filings_of(passed: Sequence[Passed], moved: Sequence[str] = ("UID MOVE", "UID COPY")) -> list[Filing]:
    """Pair each word of a new message with the first move after it; further words before that are the same arrival.

    Seconds end when the server has said OK, not when the client hears it: the message is in its mailbox then.
    """
    talk = read(passed)
    moves = [command for command in talk.commands if command.name in moved and command.done]
    filings: list[Filing] = []
    free: dict[int, float] = defaultdict(float)
    for arrival in talk.arrivals:
        if arrival.told < free[arrival.connection]:
            continue
        after = [each for each in moves if each.sent >= arrival.told and each.connection == arrival.connection]
        if after:
            first = min(after, key=lambda command: command.sent)
            filings.append(Filing(arrival.told, first.done - arrival.told, first.trip - arrival.trip))
            free[arrival.connection] = first.done
    return filings
