"""What the server says to a search is not believed where mail would be lost: some find everything, some nothing.

What was fetched of a message decides many searches by itself. Of the others a rule that trashes or expunges
wants proof: the server must say the contrary when the contrary is searched for.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailrules.engine.reading import Fetched
from mailrules.imap import Attributes, SearchProgram, meets, parse_search
from mailrules.rules import Expunge, Trash, Verdict
from mailrules.rules.questions import Question, Search
from mailrules.values import value

__all__ = ["Opposite", "program_of", "proofs_wanted", "proved", "told_by_data"]


@value(frozen=True, slots=True)
class Opposite(Search):
    """Whether the server finds a message by the contrary of these keys."""


def program_of(question: Search) -> SearchProgram:
    """What is searched for."""
    program = parse_search(question.text)
    return ~program if isinstance(question, Opposite) else program


def told_by_data(question: Question[object], message: Fetched) -> bool | None:
    """The answer to a search that the message's flags, INTERNALDATE and size give; None if they don't."""
    if not isinstance(question, Search):
        return None
    known = message.message
    return meets(program_of(question), Attributes(known.flags, known.received, known.size))


def proofs_wanted(
    verdict: Verdict, message: Fetched, answers: Mapping[Question[object], object]
) -> frozenset[Question[object]]:
    """What is still to be asked before the plan may be carried out: the contrary of each answer that it may rest on."""
    if not isinstance(verdict.plan.ending, Trash | Expunge):
        return frozenset()
    believed = {
        Opposite(question.text)
        for question, answer in answers.items()
        if type(question) is Search and answer is not None and told_by_data(question, message) is None
    }
    return frozenset(believed - answers.keys())


def proved(answers: Mapping[Question[object], object]) -> Mapping[Question[object], object]:
    """The answers, but that one is unknown which the server gives to its contrary too."""
    return {question: None if _is_refuted(question, answers) else answer for question, answer in answers.items()}


def _is_refuted(question: Question[object], answers: Mapping[Question[object], object]) -> bool:
    if type(question) is not Search or (opposite := Opposite(question.text)) not in answers:
        return False
    return answers[opposite] is None or answers[opposite] is answers[question]
