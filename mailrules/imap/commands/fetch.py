"""FETCH and UID FETCH: what to ask of messages, and which answers belong to it. RFC 9051 §6.4.5.

Bodies are asked for by PEEK only: reading sets no flag here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command, Flow, Share
from mailrules.imap.commands.merge import by_number, by_uid
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer, MessageData, Response, Section
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value


@value(frozen=True, slots=True)
class FetchAttribute:
    """One thing to ask of a message; `told` finds out whether a FETCH response says it."""

    wire: bytes
    told: Callable[[MessageData], bool] = field(repr=False, compare=False)


class Items:
    """The attributes that every server has. RFC 9051 §6.4.5."""

    UID = FetchAttribute(b"UID", lambda data: data.uid is not None)
    FLAGS = FetchAttribute(b"FLAGS", lambda data: data.flags is not None)
    INTERNALDATE = FetchAttribute(b"INTERNALDATE", lambda data: data.internaldate is not None)
    SIZE = FetchAttribute(b"RFC822.SIZE", lambda data: data.size is not None)
    ENVELOPE = FetchAttribute(b"ENVELOPE", lambda data: data.envelope is not None)
    BODYSTRUCTURE = FetchAttribute(b"BODYSTRUCTURE", lambda data: data.bodystructure is not None)


def header() -> FetchAttribute:
    """Ask for the whole header block."""
    return body(Section(specifier="HEADER"))


def header_fields(names: Iterable[str]) -> FetchAttribute:
    """Ask for these header fields. Raises ArgumentError for a name that no field can have, or for none."""
    return body(Section(specifier="HEADER.FIELDS", fields=frozenset(name.upper() for name in names)))


def body(section: Section = Section(), partial: tuple[int, int] | None = None) -> FetchAttribute:  # noqa: B008 - frozen
    """Ask for a section, all of the message by default; `partial` is (first octet, number of octets).

    Raises ArgumentError for a section that the grammar does not know.
    """
    words = [".".join(map(str, section.part)).encode()] if section.part else []
    if section.specifier:
        words.append(grammar.atom(section.specifier, "section"))
    fields = b""
    if section.specifier.startswith("HEADER.FIELDS"):
        if not section.fields:
            raise ArgumentError("header fields: none is named")
        fields = b" (%s)" % b" ".join(grammar.field_name(name) for name in sorted(section.fields))
    window = b"" if partial is None else b"<%s.%s>" % (grammar.number(partial[0]), grammar.number(partial[1]))
    return FetchAttribute(b"BODY.PEEK[%s%s]%s" % (b".".join(words), fields, window), lambda data: _tells(data, section))


def _tells(data: MessageData, section: Section) -> bool:
    # The names of header fields are echoed in at least five ways, so the kind of the section decides.
    return any(
        (each.section.part, each.section.specifier) == (section.part, section.specifier) for each in data.sections
    )


@value(frozen=True, slots=True)
class UidFetch(Command[tuple[MessageData, ...]]):
    """Fetch data of messages by UID. RFC 9051 §6.4.9."""

    name = b"UID FETCH"
    states = SELECTED
    counts_expunges = True

    messages: UIDSet
    items: Sequence[FetchAttribute]

    def arguments(self) -> Iterable[Argument]:
        """The messages and the attributes."""
        return grammar.sequence_set(self.messages), _attributes(self.items)

    def claims(self, response: Response) -> bool:
        """A FETCH response of one of these messages, or of none by name, that tells something we asked for.

        The last message, with which ``n:*`` is answered when nothing is new (RFC 9051 §6.4.9), is none of these.
        """
        if not isinstance(response, MessageData) or (response.uid is not None and response.uid not in self.messages):
            return False
        return _answers(self.items, response)

    def share(self, responses: Sequence[Response]) -> Share:
        """The same of many: as a rule, each has a UID of one range and the first item that is asked for."""
        messages = [response for response in responses if isinstance(response, MessageData)]
        uids = [data.uid for data in messages if data.uid is not None]
        if len(uids) == len(responses):
            first, last = min(uids), max(uids)
            if not any(self.messages.overlap(first, last)):
                return Share.NONE
            if first not in self.messages or last not in self.messages:
                return Share.SOME
            told = next((item.told for item in self.items if item.wire != Items.UID.wire), Items.UID.told)
            if self.messages.covers(first, last) and all(map(told, messages)):
                return Share.ALL
        return Command.share(self, responses)

    def result(self, answer: Answer) -> tuple[MessageData, ...]:
        """Return one value for each message in the order of the UIDs, merged from all responses about it.

        A message that is being expunged may lack some of what was asked for.
        """
        return by_uid(answer.untagged)


@value(frozen=True, slots=True)
class Fetch(Command[tuple[MessageData, ...]]):
    """Fetch data of messages by sequence number. RFC 9051 §6.4.5."""

    name = b"FETCH"
    states = SELECTED
    flow = Flow.NUMBERED

    messages: SeqSet
    items: Sequence[FetchAttribute]

    def arguments(self) -> Iterable[Argument]:
        """The messages and the attributes."""
        return grammar.sequence_set(self.messages), _attributes(self.items)

    def claims(self, response: Response) -> bool:
        """A FETCH response of one of these messages that tells something we asked for; ``n:*`` may be the last one."""
        if not isinstance(response, MessageData):
            return False
        named = self.messages.open_ended or response.seq in self.messages
        return named and _answers(self.items, response)

    def result(self, answer: Answer) -> tuple[MessageData, ...]:
        """Return one value for each message in the order of the numbers, merged from all responses about it."""
        return by_number(answer.untagged)


def _answers(items: Sequence[FetchAttribute], data: MessageData) -> bool:
    # Every FETCH response may have the UID, news too, so it only counts where nothing else was asked for.
    only_uid = True
    for item in items:
        if item.wire != Items.UID.wire:
            if item.told(data):
                return True
            only_uid = False
    return only_uid and data.uid is not None


def _attributes(items: Sequence[FetchAttribute]) -> Argument:
    if not items:
        raise ArgumentError("FETCH: nothing is asked for")
    return tuple(item.wire for item in items)
