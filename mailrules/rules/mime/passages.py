"""Texts of a message's body, as far as its octets are known: each is made once, for all rules that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mailrules.rules.charsets import guess
from mailrules.rules.mime.bodies import source
from mailrules.rules.questions import RawBody, Structure
from mailrules.rules.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.structure import Part


class Passages(Protocol):
    """Some texts of each message."""

    def asks(self, message: Message) -> Iterator[Question[object]]:
        """Give the questions whose answers have the texts, as far as they can be known yet."""

    def texts(self, message: Message) -> Sequence[Text | None]:
        """Give the texts that are not blank, and None for those that are not known."""


class RawPassage:
    """All that is below the header, as it was sent."""

    def asks(self, _message: Message) -> Iterator[Question[object]]:
        """Ask for it."""
        yield RawBody()

    def texts(self, message: Message) -> Sequence[Text | None]:
        """Give it as one text."""
        octets = message.answer(RawBody())
        return (None,) if octets is None else message.once(RawPassage, lambda: _texts((guess(octets),)))


class PartPassages:
    """Some parts, each of which is a text or several."""

    def __init__(
        self,
        choose: Callable[[Part], Sequence[Part]],
        decode: Callable[[Part, bytes], tuple[str, ...]],
        normalise: Callable[[str], Text] = Text.of,
    ) -> None:
        self._choose = choose
        self._decode = decode
        self._normalise = normalise

    def asks(self, message: Message) -> Iterator[Question[object]]:
        """Ask for the structure, and then for the parts."""
        yield Structure()
        yield from map(source, self._parts(message) or ())

    def texts(self, message: Message) -> Sequence[Text | None]:
        """Give the texts of all parts."""
        parts = self._parts(message)
        return (None,) if parts is None else [text for part in parts for text in self._texts_of(part, message)]

    def _parts(self, message: Message) -> Sequence[Part] | None:
        structure = message.answer(Structure())
        return None if structure is None else message.once(self._choose, lambda: self._choose(structure))

    def _texts_of(self, part: Part, message: Message) -> Sequence[Text | None]:
        octets = message.answer(source(part))
        if octets is None:
            return (None,)
        return message.once((self._decode, part.section), lambda: _texts(self._decode(part, octets), self._normalise))


def _texts(decoded: tuple[str, ...], normalise: Callable[[str], Text] = Text.of) -> tuple[Text, ...]:
    return tuple(normalise(text) for text in decoded if text.strip())
