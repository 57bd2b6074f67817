"""The condition on single parts of a message, as MIME describes them: `part`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from mailrules.rules.charsets import guess
from mailrules.rules.conditions.base import condition
from mailrules.rules.conditions.by_header import ByHeader
from mailrules.rules.conditions.mime import PartCondition, PartTest, text_of_part
from mailrules.rules.conditions.operators import TextOperators
from mailrules.rules.encoded import decode_words
from mailrules.rules.message import HeaderFields
from mailrules.rules.mime.parameters import parameter
from mailrules.rules.questions import PartHeader
from mailrules.rules.tables import Table
from mailrules.rules.text import Text
from mailrules.rules.truth import FALSE, UNKNOWN, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.mime.items import Item
    from mailrules.rules.questions import Question
    from mailrules.rules.structure import Part as MimePart
    from mailrules.rules.truth import Truth

_LANGUAGE = "CONTENT-LANGUAGE"
MAX_HEADERS = 50
"""Parts of one message whose header is looked at, the first ones."""


class PartHeaders(ByHeader):
    """Header fields of a part by their names, whose case does not matter."""

    __pydantic_extra__: dict[str, TextOperators]
    below: ClassVar[type[Table]] = TextOperators

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write a header\'s name below it: part.header."Content-Location" = "example.org"'

    def items(self) -> Iterable[tuple[str, TextOperators]]:
        """Give each name, as in the file, with its operators."""
        return self.__pydantic_extra__.items()


@condition("part")
class Part(PartCondition):
    """What one part of the message has to be like: any part, also multiparts and those of messages within.

    The message itself is its first part. Only the structure is asked for; for `language` and `header` also the headers
    of parts. The first 1,000 parts are looked at, and the headers of the first 50.
    """

    disposition: TextOperators | None = None
    """`attachment`, `inline` or another word of Content-Disposition."""
    charset: TextOperators | None = None
    """The charset that the part says it is in, such as `utf-8`."""
    encoding: TextOperators | None = None
    """How it is encoded for transfer: `base64`, `quoted-printable`, `8bit`, `7bit`."""
    id: TextOperators | None = None
    """The Content-ID with its angle brackets."""
    description: TextOperators | None = None
    """The Content-Description, decoded."""
    language: TextOperators | None = None
    """The Content-Language, such as `uk` or `en, de`."""
    header: PartHeaders | None = None
    """Any header field of the part by its name, decoded: `part.header."Content-Location"`."""

    def candidates(self, items: Sequence[Item]) -> Sequence[Item]:
        """Choose all of them."""
        return items

    def tests(self, definitions: Definitions) -> list[PartTest]:
        """Make every key but `count` ready to run, those first that the structure decides."""
        texts = ((key, operators) for key in _TEXTS if (operators := getattr(self, key)) is not None)
        of_structure = [text_of_part(key, operators, _reader(_TEXTS[key]), definitions) for key, operators in texts]
        return [*super().tests(definitions), *of_structure, *self._header_tests(definitions)]

    def _header_tests(self, definitions: Definitions) -> list[PartTest]:
        tests = [] if self.language is None else [_header_test("language", _LANGUAGE, self.language, definitions)]
        named = self.header.items() if self.header is not None else ()
        return tests + [_header_test(f"header.{name}", name.upper(), each, definitions) for name, each in named]

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case: the message's own header is its first part's."""
        names = {name.upper() for name, _ in self.header.items()} if self.header is not None else set[str]()
        return frozenset(names if self.language is None else names | {_LANGUAGE})


_TEXTS: dict[str, Callable[[MimePart], str]] = {
    "disposition": lambda part: part.disposition,
    "charset": lambda part: parameter(part.parameters, "charset"),
    "encoding": lambda part: part.encoding,
    "id": lambda part: guess(part.content_id),
    "description": lambda part: decode_words(guess(part.description)),
}


def _reader(read: Callable[[MimePart], str]) -> Callable[[Item], Text | None]:
    def text(item: Item) -> Text | None:
        value = read(item.part)
        return Text.of(value) if value else None

    return text


def _header_test(key: str, name: str, operators: TextOperators, definitions: Definitions) -> PartTest:
    """Make operators ready to run over each occurrence of a header field of a part."""
    test = operators.texts_test(definitions)

    def holds(message: Message, item: Item) -> Truth:
        if item.position >= MAX_HEADERS:
            return FALSE
        fields = _fields(message, item)
        return UNKNOWN if fields is None else truth_of(test(fields.texts(name)))

    return PartTest(key, operators.wanted(), holds, _asks)


def _fields(message: Message, item: Item) -> HeaderFields | None:
    """Give a part's header; None where it is not known, or not yet."""
    if item.position == 0:
        return message.fields
    question = PartHeader(item.part.section)
    block = message.answer(question)
    return None if block is None else message.once(question, partial(HeaderFields, block))


def _asks(_message: Message, item: Item) -> Iterable[Question[object]]:
    return (PartHeader(item.part.section),)
