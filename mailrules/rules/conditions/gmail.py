"""The conditions that only Gmail can answer: `gmail.labels` and `gmail.raw`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator

from mailrules.rules import questions
from mailrules.rules.checks import Leaf, disjunction
from mailrules.rules.conditions.base import NOT_ASKED, NOT_KNOWN, Condition, condition, seen_texts
from mailrules.rules.conditions.occurrences import captured
from mailrules.rules.conditions.operators import TextOperators, join_wanted
from mailrules.rules.conditions.search import search_leaf
from mailrules.rules.tables import OneOrMany, each, kind, wrong
from mailrules.rules.text import Text, is_unprintable
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.captures import Captured
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_LABELS = questions.Labels()


def read_raw(value: object) -> str:
    """Read what one would write into Gmail's search box."""
    if not isinstance(value, str):
        raise wrong(f"a search is text, not {kind(value)}: write it as in Gmail, as in 'has:attachment larger:5M'")
    if not value.strip() or any(map(is_unprintable, value)):
        raise wrong("write a search as in Gmail, on one line, as in 'has:attachment larger:5M'")
    return value.strip()


def _read_raws(value: object) -> tuple[str, ...]:
    return each(value, read_raw, "an empty list finds nothing: write a search as in Gmail")


Raws = Annotated[tuple[str, ...], BeforeValidator(_read_raws, json_schema_input_type=OneOrMany)]


class LabelOperators(TextOperators):
    r"""Operators on one label. A bare text is the whole label; Gmail's own are written `'\Important'`."""

    shorthand: ClassVar[str] = "is"


@condition("gmail")
class Gmail(Condition):
    """What only Gmail knows; on any other server this is unknown, and the rule does nothing.

    The server is asked only if everything else leaves it open.
    """

    labels: LabelOperators | None = None
    """One of the message's labels. The label of the mailbox that it is in may not be among them."""
    raw: Raws | None = None
    """A search as in Gmail's search box, `has:attachment larger:5M`; of a list one is enough."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write gmail.labels = \"Work\" or gmail.raw = 'has:attachment'"

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        checks: list[Check] = []
        if self.labels is not None:
            checks.append(_labels_leaf(self.labels, definitions))
        if self.raw:
            key = f"{self.key}.raw"
            leaves = tuple(search_leaf(key, *each) for each in zip(self.raw, self.searches, strict=True))
            checks.append(leaves[0] if len(leaves) == 1 else disjunction(key, leaves))
        return tuple(checks)

    @property
    def searches(self) -> tuple[str, ...]:
        """Give the searches of `raw` as IMAP search keys."""
        return tuple(f"X-GM-RAW {_quoted(text)}" for text in self.raw or ())


def _quoted(text: str) -> str:
    """Write text as a quoted string of IMAP (RFC 9051 §4.3)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _labels_leaf(operators: LabelOperators, definitions: Definitions) -> Leaf:
    test = operators.texts_test(definitions)
    key = "gmail.labels"

    def check(message: Message, _facts: Facts) -> Truth:
        labels = message.answer(_LABELS)
        return UNKNOWN if labels is None else truth_of(test([*map(Text.of, labels)]))

    def seen(message: Message, _facts: Facts) -> str:
        if not message.asked(_LABELS):
            return NOT_ASKED
        labels = message.answer(_LABELS)
        return NOT_KNOWN if labels is None else seen_texts(map(Text.of, sorted(labels)))

    def captures(message: Message) -> Iterator[tuple[str, Captured]]:
        texts = map(Text.of, sorted(message.answer(_LABELS) or ()))
        yield from captured(key, operators, next((text for text in texts if test([text])), None))

    wanted = join_wanted(key, operators.wanted())
    return Leaf(*wanted, check, seen, asks=lambda _message, _facts: (_LABELS,), captures=captures)
