"""What can go wrong in an IMAP conversation, sorted by whose fault it is.

ImapError
├── ArgumentError     ours: a value that cannot be put into a command (also a ValueError)
├── StateError        ours: a command that the connection's state does not allow
├── ProtocolError     the server's: it does not speak IMAP
│   ├── FramingError      where a response ends cannot be known any more; the connection is lost
│   └── ParseError        one response makes no sense; only the readers raise it, `parser.parse` answers `Unknown`
└── Refused           the server's answer to a command
    ├── No                the command was understood and failed
    └── Bad               the command was not understood
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailrules.imap.responses import Answer

_CARRY_SECRETS = frozenset({"LOGIN", "AUTHENTICATE"})


class ImapError(Exception):
    """Any failure that this package reports."""


class ArgumentError(ImapError, ValueError):
    """A value cannot be written as the IMAP argument it should become. Our caller's fault."""


class StateError(ImapError):
    """A command or call that the connection's present state forbids. Our caller's fault."""


class ProtocolError(ImapError):
    """The server broke the protocol."""


class FramingError(ProtocolError):
    """Where the next response begins is unknown or a limit was passed; nothing more can be read."""


class ParseError(ProtocolError):
    """One response or one of its parts is not what the grammar says at that place."""


class Refused(ImapError):
    """The tagged answer to a command was NO or BAD.

    `command` is the command's name, `answer` the tagged response with the untagged data that came before it.
    """

    def __init__(self, command: str, answer: Answer) -> None:
        super().__init__(command, answer)
        self.command = command
        self.answer = answer

    def __str__(self) -> str:
        tagged = self.answer.tagged
        shown = [self.command, "was answered", tagged.kind.value]
        if tagged.code is not None:
            shown.append(f"[{tagged.code.name}]")
        # A server may echo the arguments that it did not like, and these two carry the password.
        if tagged.text and self.command.upper() not in _CARRY_SECRETS:
            shown.append(tagged.text)
        return " ".join(shown)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class No(Refused):
    """The server could not do it. RFC 9051 §7.1.2."""


class Bad(Refused):
    """The server did not understand the command. RFC 9051 §7.1.3."""
