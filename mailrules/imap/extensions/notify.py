"""NOTIFY, RFC 5465: the server tells by itself what happens, in the selected mailbox and in others.

Of the selected mailbox it sends EXISTS with a FETCH of each new message, of the others STATUS. Both are unsolicited, so
no command here claims them, but for the STATUS responses that are asked for together with NOTIFY.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from mailrules.imap import grammar
from mailrules.imap.codes import ResponseCode
from mailrules.imap.commands.base import Command
from mailrules.imap.commands.fetch import FetchAttribute
from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.registry import response_code
from mailrules.imap.responses import Answer, Response, StatusData
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


class Filter(Enum):
    """Which mailboxes a group of events is about. RFC 5465 §6."""

    SELECTED = b"SELECTED"
    """The selected one, whichever that is."""
    SELECTED_DELAYED = b"SELECTED-DELAYED"
    """The same, but numbers of messages stay: expunges wait for a command that admits them."""
    INBOXES = b"INBOXES"
    """All to which the server may deliver mail by itself."""
    PERSONAL = b"PERSONAL"
    """All in the user's own namespaces."""
    SUBSCRIBED = b"SUBSCRIBED"
    SUBTREE = b"SUBTREE"
    """The named ones with all below them."""
    MAILBOXES = b"MAILBOXES"
    """The named ones."""


class NotifyEvent(Enum):
    """What can happen. RFC 5465 §5."""

    MESSAGE_NEW = b"MessageNew"
    MESSAGE_EXPUNGE = b"MessageExpunge"
    FLAG_CHANGE = b"FlagChange"
    ANNOTATION_CHANGE = b"AnnotationChange"
    MAILBOX_NAME = b"MailboxName"
    SUBSCRIPTION_CHANGE = b"SubscriptionChange"
    MAILBOX_METADATA_CHANGE = b"MailboxMetadataChange"
    SERVER_METADATA_CHANGE = b"ServerMetadataChange"


_OF_SELECTED = {Filter.SELECTED, Filter.SELECTED_DELAYED}
_BY_NAME = {Filter.SUBTREE, Filter.MAILBOXES}
_NEW_AND_GONE = {NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE}
_CHANGES = {NotifyEvent.FLAG_CHANGE, NotifyEvent.ANNOTATION_CHANGE}
_OF_MESSAGES = _NEW_AND_GONE | _CHANGES


@value(frozen=True, slots=True)
class EventGroup:
    """Mailboxes, and what to tell of them; nothing without events. RFC 5465 §3.1.

    `names` go with SUBTREE and MAILBOXES. `items` are what to send of each new message, in the selected mailbox only.
    """

    mailboxes: Filter
    events: Sequence[NotifyEvent] = ()
    names: Sequence[MailboxName] = ()
    items: Sequence[FetchAttribute] = ()

    def argument(self) -> Argument:
        """Write the group. Raises ArgumentError for what RFC 5465 §5 and §6 do not allow, before a server says BAD."""
        self._check()
        return tuple(self._words())

    def _check(self) -> None:
        events = set(self.events)
        if bool(self.names) != (self.mailboxes in _BY_NAME):
            raise ArgumentError("NOTIFY: names go with SUBTREE and MAILBOXES")
        if events & _NEW_AND_GONE and not events >= _NEW_AND_GONE:
            raise ArgumentError("NOTIFY: MessageNew and MessageExpunge go together")
        if events & _CHANGES and not events >= _NEW_AND_GONE:
            raise ArgumentError("NOTIFY: FlagChange and AnnotationChange need MessageNew and MessageExpunge")
        if self.mailboxes in _OF_SELECTED and events - _OF_MESSAGES:
            raise ArgumentError("NOTIFY: of the selected mailbox only messages can be told")
        if self.items and not (self.mailboxes in _OF_SELECTED and NotifyEvent.MESSAGE_NEW in events):
            raise ArgumentError("NOTIFY: only of new messages in the selected mailbox more can be told")

    def _words(self) -> Iterator[Argument]:
        yield self.mailboxes.value
        if self.names:
            yield tuple(grammar.mailbox(name) for name in self.names)
        yield tuple(self._events()) or b"NONE"

    def _events(self) -> Iterator[Argument]:
        for event in self.events:
            yield event.value
            if event is NotifyEvent.MESSAGE_NEW and self.items:
                yield tuple(item.wire for item in self.items)


@value(frozen=True, slots=True)
class BadEvent(ResponseCode):
    """The server does not know some of the events; `events` should be those that it does. RFC 5465 §5.

    Dovecot names those that it does not know, and without parentheses.
    """

    name = "BADEVENT"

    events: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class Notify(Command[None]):
    """Ask to be told of these events from now on, and of no others. RFC 5465 §3.1.

    What is not asked for is not told any more, even of the selected mailbox: without a group for it there is no EXISTS.
    An untagged ``OK [NOTIFICATIONOVERFLOW]`` says later that it was too much: then it is as after `NotifyNone`.
    """

    name = b"NOTIFY SET"
    states = AUTHENTICATED

    groups: Sequence[EventGroup]

    def arguments(self) -> Iterable[Argument]:
        """The groups. Raises ArgumentError without one."""
        if not self.groups:
            raise ArgumentError("NOTIFY: nothing is asked for")
        return tuple(group.argument() for group in self.groups)

    def result(self, answer: Answer) -> None:
        """Nothing."""


@value(frozen=True, slots=True)
class NotifyWithStatus(Command[tuple[StatusData, ...]]):
    """The same, and the STATUS of each mailbox that is named in it, but for the selected one. RFC 5465 §3.1."""

    name = b"NOTIFY SET STATUS"
    states = AUTHENTICATED

    groups: Sequence[EventGroup]

    def arguments(self) -> Iterable[Argument]:
        """The groups."""
        return Notify(self.groups).arguments()

    def claims(self, response: Response) -> bool:
        """The mailboxes' status."""
        return isinstance(response, StatusData)

    def result(self, answer: Answer) -> tuple[StatusData, ...]:
        """Return what the server said, once for each mailbox."""
        return tuple({data.name: data for data in answer.untagged if isinstance(data, StatusData)}.values())


@value(frozen=True, slots=True)
class NotifyNone(Command[None]):
    """Ask to be told of nothing any more, neither of EXISTS nor of EXPUNGE in the selected mailbox. RFC 5465 §3.1."""

    name = b"NOTIFY NONE"
    states = AUTHENTICATED

    def result(self, answer: Answer) -> None:
        """Nothing."""


@response_code(b"BADEVENT")
def bad_event(cursor: Cursor) -> BadEvent:
    """Read unsupported-events-code = "BADEVENT" SP "(" event-name *(SP event-name) ")"."""
    if cursor.peek() == b"(":
        return BadEvent(tuple(cursor.list_of(Cursor.word)))
    events = []
    while not cursor.at_end and cursor.peek() != b"]":
        events.append(cursor.word())
        cursor.skip_spaces()
    return BadEvent(tuple(events))
