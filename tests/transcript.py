"""Plays a dialogue between client and server against `ClientProtocol`, and names the line where they part.

A transcript is a text file. Its lines begin with::

    #       a remark
    given:  state and capabilities at the start, "selected IMAP4rev1 IDLE"; without it the first S: line is the greeting
    do:     what our client does: a command, or a call such as p.done()
    C:      what must leave then, line by line
    S:      what the server says; lines that follow each other come as one piece
    B:      the same as a Python bytes literal, for octets that a text file cannot hold
    R:      the next event: a command was answered with OK, and this is its result
    X:      the next event: a command was refused, "NO [TRYCREATE]"
    E:      the next event, whatever it is
    check:  what must be true now

The words behind do:, R:, E: and check: are Python with the public names of `mailrules.imap` and those of `_WORDS`. Tags
are the transcript's own. A greeting's event need not be listed, every other event must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import NoReturn, TypeVar

from mailrules import imap
from mailrules.imap import ClientProtocol, Command, Completed, Event, Greeted, Kind, MailboxName, SeqSet, UIDSet, search

T = TypeVar("T")

TRANSCRIPTS = Path(__file__).parent / "transcripts"

_KINDS = ("given", "do", "C", "S", "B", "R", "X", "E", "check")

_WORDS: dict[str, object] = {name: getattr(imap, name) for name in imap.__all__} | {
    "box": MailboxName.from_text,
    "uids": lambda text: UIDSet.parse(text.encode()),
    "seqs": lambda text: SeqSet.parse(text.encode()),
    "key": search.key,
    "uid": search.uid,
    "sequence": search.sequence,
    "date": date,
    "datetime": datetime,
    "utc": UTC,
    "zone": lambda hours: timezone(timedelta(hours=hours)),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript, with its place for error messages."""

    path: Path
    number: int
    kind: str
    text: str

    def fail(self, why: str) -> NoReturn:
        """Say that the dialogue parts from the transcript here."""
        raise AssertionError(f"{self.path}:{self.number}: {why}")


def read(path: Path) -> list[Line]:
    """Read a transcript; AssertionError for a line that is none of the known kinds."""
    lines = []
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not raw.strip() or raw.startswith("#"):
            continue
        kind, colon, text = raw.partition(":")
        line = Line(path, number, kind, text.removeprefix(" "))
        if not colon or kind not in _KINDS:
            line.fail("not a line of a transcript")
        lines.append(line)
    return lines


def play(path: Path, piece: int | None = None) -> list[Event]:
    """Play a transcript, the server's octets in pieces of this size (None: as they stand), and return all events."""
    player = _Player(piece)
    lines = read(path)
    if not lines:
        raise AssertionError(f"{path}: is empty")
    for line in lines:
        player.step(line)
    player.finish(lines[-1])
    return player.happened


class _Player:
    def __init__(self, piece: int | None) -> None:
        self.happened: list[Event] = []
        self._piece = piece
        self._protocol = ClientProtocol()
        self._words = _WORDS | {"p": self._protocol}
        self._said = b""
        self._out = b""
        self._new: list[Event] = []
        self._sent: list[bytes] = []
        self._tags: dict[bytes, bytes] = {}

    def step(self, line: Line) -> None:
        if line.kind not in {"S", "B"}:
            self._deliver()
        match line.kind:
            case "given":
                self._given(line)
            case "do":
                self._do(line)
            case "C":
                self._client(line)
            case "S":
                self._server(line, line.text.encode() + b"\r\n")
            case "B":
                self._server(line, self._value(line, bytes))
            case "check":
                if not self._value(line, object):
                    line.fail(f"not true; selected: {self._protocol.selected}")
            case _:
                self._event(line)

    def finish(self, last: Line) -> None:
        self._deliver()
        self._must_be_silent(last)
        self._must_have_no_news(last)

    def _given(self, line: Line) -> None:
        state, _, capabilities = line.text.partition(" ")
        greeting = "OK" if state == "not-authenticated" else "PREAUTH"
        self._protocol.receive_data(f"* {greeting} [CAPABILITY {capabilities}] ready\r\n".encode())
        if state == "selected":
            tag = self._protocol.send(imap.Select(imap.INBOX))
            self._protocol.data_to_send()
            self._protocol.receive_data(b"* 0 EXISTS\r\n%s OK [READ-WRITE] selected\r\n" % tag)
        elif state not in {"authenticated", "not-authenticated"}:
            line.fail("not-authenticated, authenticated or selected?")
        self._protocol.events()

    def _do(self, line: Line) -> None:
        self._must_have_no_news(line)
        done = self._value(line, object)
        if isinstance(done, Command):
            self._sent.append(self._protocol.send(done))

    def _client(self, line: Line) -> None:
        self._out += self._protocol.data_to_send()
        wanted = line.text.encode()
        if self._sent and self._out.startswith(self._sent[0] + b" "):
            tag = wanted.split(b" ")[0]
            self._tags[tag] = self._sent.pop(0)
            wanted = self._tags[tag] + wanted[len(tag) :]
        wanted += b"\r\n"
        if not self._out.startswith(wanted):
            line.fail(f"wanted {wanted!r}, got {self._out[: len(wanted) + 40]!r}")
        self._out = self._out[len(wanted) :]

    def _server(self, line: Line, octets: bytes) -> None:
        self._must_be_silent(line)
        tag, _, rest = octets.partition(b" ")
        if tag in self._tags:
            octets = self._tags[tag] + b" " + rest
        for ours, theirs in self._tags.items():
            octets = octets.replace(b'(TAG "%s")' % ours, b'(TAG "%s")' % theirs)
        self._said += octets

    def _deliver(self) -> None:
        piece = self._piece or len(self._said)
        for start in range(0, len(self._said), piece or 1):
            self._protocol.receive_data(self._said[start : start + piece])
        self._said = b""
        events = [event for event in self._protocol.events() if not isinstance(event, Greeted)]
        self._new += events
        self.happened += events

    def _event(self, line: Line) -> None:
        if not self._new:
            line.fail("nothing happened")
        event = self._new.pop(0)
        if line.kind == "E":
            wanted: object = self._value(line, object)
            if event != wanted:
                line.fail(f"wanted {wanted}, got {event}")
            return
        if not isinstance(event, Completed):
            line.fail(f"wanted an answer, got {event}")
        tagged = event.answer.tagged
        if line.kind == "X":
            got = tagged.kind.value + (f" [{tagged.code.name}]" if tagged.code else "")
            if got != line.text:
                line.fail(f"wanted {line.text}, got {got}")
            return
        result = event.command.result(event.answer) if tagged.kind is Kind.OK else tagged
        if result != self._value(line, object):
            line.fail(f"got {result!r}")

    def _value(self, line: Line, kind: type[T]) -> T:
        try:
            value: object = eval(line.text, dict(self._words))
        except Exception as error:
            raise AssertionError(f"{line.path}:{line.number}: {error!r}") from error
        if not isinstance(value, kind):
            line.fail(f"not {kind.__name__}")
        return value

    def _must_be_silent(self, line: Line) -> None:
        self._out += self._protocol.data_to_send()
        if self._out:
            line.fail(f"the client also said {self._out!r}")

    def _must_have_no_news(self, line: Line) -> None:
        if self._new:
            line.fail(f"this happened, too: {self._new}")
