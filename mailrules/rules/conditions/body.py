"""The condition on what a message says: `body`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator

from mailrules.rules import matching
from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import ABSENT, NOT_ASKED, NOT_KNOWN, Condition, condition
from mailrules.rules.conditions.mime import read_media_type
from mailrules.rules.conditions.occurrences import captured
from mailrules.rules.conditions.operators import TextOperators, join_wanted
from mailrules.rules.mime.bodies import own_texts, parts_of_type, shown_parts, shown_texts
from mailrules.rules.mime.passages import PartPassages, RawPassage
from mailrules.rules.tables import OneOrMany, each, kind, wrong
from mailrules.rules.text import Text, excerpt, flow
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, opposite

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.mime.passages import Passages
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_NOTHING = 'an empty list chooses nothing: write "text", "raw" or a content type'


def _read_choice(value: object) -> str:
    """Read what is looked at."""
    if not isinstance(value, str):
        raise wrong(f'this is {kind(value)}: write "text", "raw" or a content type such as "text/html"')
    return value if value in {"text", "raw"} else read_media_type(value).lower()


def _read_choices(value: object) -> tuple[str, ...]:
    choices = each(value, _read_choice, _NOTHING)
    if len(choices) > 1 and not {"text", "raw"}.isdisjoint(choices):
        raise wrong('"text" and "raw" stand alone: put content types only in a list')
    return choices


@condition("body")
class Body(Condition, TextOperators):
    """What the message says. A bare text is looked for anywhere in it.

    All operators have to hold of one of its parts. Of each part the first 256 KiB are looked at, of all together 1 MiB
    in 20 parts. The body is asked for only if everything else leaves it open.
    """

    of: Annotated[tuple[str, ...], BeforeValidator(_read_choices, json_schema_input_type=OneOrMany)] = ("text",)
    """What is looked at.

    `"text"`: every text that people read, decoded, HTML without its mark-up, attachments left out. `"raw"`: everything
    below the header as it was sent. A content type as in `"text/html"`, `"application/*"`, or a list of them: each part
    of such a type, attachments too, decoded but with its mark-up; of a multipart only what stands around its parts, of
    a message its header (RFC 5173 §5).
    """

    modifiers: ClassVar[frozenset[str]] = TextOperators.modifiers | {"of"}

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        test = self.text_test(definitions)
        passages = self._passages()

        def find(message: Message) -> Text | None:
            for text in passages.texts(message):
                if text is not None and (test is None or test(text)):
                    return text
            return None

        def check(message: Message, _facts: Facts) -> Truth:
            found = TRUE if find(message) is not None else UNKNOWN if None in passages.texts(message) else FALSE
            return opposite(found) if self.exists is False else found

        def seen(message: Message, facts: Facts) -> str:
            text = find(message)
            if text is not None:
                return excerpt(text.value)
            if check(message, facts) is UNKNOWN:
                return NOT_KNOWN if all(map(message.asked, passages.asks(message))) else NOT_ASKED
            known = (text.value for text in passages.texts(message) if text is not None)
            return excerpt(" … ".join(known)) or ABSENT

        leaf = Leaf(
            *join_wanted(".".join(filter(None, (self.key, self._choice()))), self.wanted()),
            check,
            seen,
            self.key,
            find,
            lambda message, _facts: passages.asks(message),
            captures=lambda message: captured(self.key, self, find(message)),
        )
        return (leaf,)

    def _prepared(self, name: str) -> list[str]:
        prepared = super()._prepared(name)
        return prepared if self.case_sensitive or self.of != ("text",) else [flow(each) for each in prepared]

    def _choice(self) -> str:
        return "" if self.of == ("text",) else f"of({' or '.join(self.of)})"

    def _passages(self) -> Passages:
        match self.of:
            case ("text",):
                return PartPassages(shown_parts, shown_texts, Text.flowing)
            case ("raw",):
                return RawPassage()
        return PartPassages(partial(parts_of_type, is_wanted=matching.glob(self.of)), own_texts)
