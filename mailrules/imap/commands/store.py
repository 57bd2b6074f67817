"""STORE and UID STORE: changing flags. RFC 9051 §6.4.6."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.commands.merge import by_number, by_uid
from mailrules.imap.errors import ArgumentError
from mailrules.imap.flags import Flags
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer, MessageData, Response
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value

S = TypeVar("S", bound=UIDSet | SeqSet)


class StoreMode(Enum):
    """What happens to the flags that a message has."""

    ADD = b"+FLAGS"
    REMOVE = b"-FLAGS"
    REPLACE = b"FLAGS"


class Echo(Enum):
    """Whether the server shows the new flags, which is the only proof that it kept them."""

    FLAGS = b""
    SILENT = b".SILENT"


@value(frozen=True, slots=True)
class _Storing(Command[tuple[MessageData, ...]], Generic[S]):
    states = SELECTED

    messages: S
    mode: StoreMode
    flags: Flags
    echo: Echo = Echo.FLAGS

    def arguments(self) -> Iterable[Argument]:
        """The messages, the change and the flags. Only REPLACE makes sense without a flag."""
        if not self.flags and self.mode is not StoreMode.REPLACE:
            raise ArgumentError("STORE: no flag is named")
        yield grammar.sequence_set(self.messages)
        yield self.mode.value + self.echo.value
        yield grammar.flag_list(self.flags)


@value(frozen=True, slots=True)
class UidStore(_Storing[UIDSet]):
    r"""Change flags of messages by UID. RFC 9051 §6.4.9.

    Act only on UIDs just fetched: Mailutils changes the last message where the UID is gone. The result tells whose
    flags were shown.
    """

    name = b"UID STORE"
    counts_expunges = True

    def claims(self, response: Response) -> bool:
        """The new flags of one of these messages, or its new MODSEQ, which Dovecot tells even when silent."""
        match response:
            case MessageData(uid=uid) if uid is None or uid in self.messages:
                return response.flags is not None or response.modseq is not None
            case _:
                return False

    def result(self, answer: Answer) -> tuple[MessageData, ...]:
        """Return what the server showed, one value for each message in the order of the UIDs."""
        return by_uid(answer.untagged)


@value(frozen=True, slots=True)
class Store(_Storing[SeqSet]):
    """Change flags of messages by sequence number. RFC 9051 §6.4.6."""

    name = b"STORE"
    flow = Flow.NUMBERED

    def claims(self, response: Response) -> bool:
        """The new flags of one of these messages, or its new MODSEQ."""
        if not isinstance(response, MessageData) or (response.flags is None and response.modseq is None):
            return False
        return self.messages.open_ended or response.seq in self.messages

    def result(self, answer: Answer) -> tuple[MessageData, ...]:
        """Return what the server showed, one value for each message in the order of the numbers."""
        return by_number(answer.untagged)
