"""What may be written when.

IMAP's difficulty is three flows in which the client must wait for the server in the middle of a command: a literal,
AUTHENTICATE and IDLE. All of that waiting is here. At most one command is *open*, that is, begun and not wholly
written; those behind it queue up and leave together, in one flight, as soon as it lets them. Whatever opened the way,
a tagged answer to the open command always ends it: a NO instead of ``+`` blocks nobody.

RFC 9051 §2.2.1, §5.5 and §7.6; RFC 2177; RFC 7888.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum, auto
from typing import assert_never

from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.grammar import Argument, LiteralMode, check, line, segments
from mailrules.imap.responses import Kind
from mailrules.values import value


class Plus(Enum):
    """What the server's ``+`` was good for."""

    LITERAL = auto()  # the rest of a command went out
    CHALLENGE = auto()  # AUTHENTICATE was answered
    IDLING = auto()  # IDLE has begun
    UNEXPECTED = auto()  # nobody waited for it


@value(slots=True)
class _Item:
    tag: bytes
    command: Command[object]
    words: tuple[Argument, ...] = field(repr=False)
    line: bytes | None = field(repr=False)
    """All of it, where it has no literal."""
    rest: list[bytes] = field(default_factory=list, repr=False)
    """What each further "+" lets out, the last first."""
    idling: bool = False
    done: bool = False


_OPEN_TO_THE_END = (Flow.CONVERSATION, Flow.IDLE, Flow.STARTTLS, Flow.COMPRESS)
"""Commands of these flows are never wholly written before they are answered, or ended by DONE."""


class Outbox:
    """The commands on their way out, and the bytes that may leave now."""

    __slots__ = ("_last_word", "_open", "_out", "_queue", "_unanswered", "literal_mode")

    def __init__(self) -> None:
        self.literal_mode = LiteralMode.SYNCHRONIZING
        self._queue: list[_Item] = []
        self._open: _Item | None = None
        self._last_word: _Item | None = None  # an IDLE or STARTTLS behind which nothing may be put
        self._unanswered: dict[bytes, Command[object]] = {}
        self._out = bytearray()

    @property
    def closed_because(self) -> str | None:
        """Why no command may be put now; None if one may."""
        if self._last_word is None:
            return None
        return "IDLE lasts until done()" if self._last_word.command.flow is Flow.IDLE else "STARTTLS waits for TLS"

    @property
    def open_tag(self) -> bytes | None:
        """The command that is begun and waits for the server to let it go on."""
        return None if self._open is None else self._open.tag

    def put(self, tag: bytes, command: Command[object]) -> None:
        """Queue a command; it leaves as soon as it may. Raises ArgumentError, and then nothing was queued."""
        words = (tag, command.name, *command.arguments())
        item = _Item(tag, command, words, line(words))
        if item.line is None:
            check(words)  # raises now, not when its turn comes
        self._queue.append(item)
        if command.flow in (Flow.IDLE, Flow.STARTTLS):
            self._last_word = item
        self._advance()

    @property
    def waits(self) -> bool:
        """Whether there is something that may be sent now."""
        return bool(self._out)

    def take(self) -> bytes:
        """Return what may be sent now, once."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def is_written(self, tag: bytes) -> bool:
        """Say whether the command has begun to leave and has no tagged answer yet."""
        return tag in self._unanswered

    def done(self) -> None:
        """End the last IDLE: DONE leaves when its ``+`` has come, never before. Without an IDLE nothing happens."""
        item = self._last_word
        if item is None or item.command.flow is not Flow.IDLE:
            return
        self._last_word = None
        item.done = True
        if item.idling:
            self._end_idle()

    def continuation(self, text: bytes) -> Plus:
        """Take the server's ``+ text`` and say what it was good for."""
        item = self._open
        if item is None:
            return Plus.UNEXPECTED
        if item.rest:
            self._out += item.rest.pop()
            if not item.rest and item.command.flow not in _OPEN_TO_THE_END:
                self._close()
            return Plus.LITERAL
        match item.command.flow:
            case Flow.CONVERSATION:
                reply = item.command.continuation(text)
                self._out += segments((b"*" if reply is None else reply,), self.literal_mode)[0]
                return Plus.CHALLENGE
            case Flow.IDLE if not item.idling:
                item.idling = True
                if item.done:
                    self._end_idle()
                return Plus.IDLING
            case Flow.IDLE | Flow.STARTTLS | Flow.COMPRESS:
                return Plus.UNEXPECTED
            case Flow.PIPELINED | Flow.NUMBERED:
                raise AssertionError("such a command is open only while it has a rest")
            case never:
                assert_never(never)

    def answered(self, tag: bytes, kind: Kind) -> None:
        """Take the tagged answer to a command: what it still had to send is dropped, what waited for it leaves."""
        self._unanswered.pop(tag, None)
        item = self._open
        if item is not None and item.tag == tag:
            if item.command.flow in (Flow.STARTTLS, Flow.COMPRESS) and kind is Kind.OK:
                return  # until go_on()
            if item is self._last_word:
                self._last_word = None
            self._close()
        elif self._queue:
            self._advance()

    def go_on(self) -> None:
        """Open the way again: TLS is up, or compression on."""
        self._last_word = None
        self._close()

    def _end_idle(self) -> None:
        self._out += b"DONE\r\n"
        self._close()

    def _close(self) -> None:
        self._open = None
        if self._queue:
            self._advance()

    def _advance(self) -> None:
        left = 0
        for item in self._queue:
            if self._open is not None or self._must_wait(item.command):
                break
            left += 1
            first, *rest = (item.line,) if item.line is not None else segments(item.words, self.literal_mode)
            self._out += first
            self._unanswered[item.tag] = item.command
            item.rest.extend(reversed(rest))
            if rest or item.command.flow in _OPEN_TO_THE_END:
                self._open = item
        del self._queue[:left]

    def _must_wait(self, command: Command[object]) -> bool:
        """Say whether what is in flight must be answered before the command leaves."""
        if command.answers_unnamed:
            return any(other.answers_unnamed for other in self._unanswered.values())
        return command.flow is Flow.NUMBERED and bool(self._unanswered)
