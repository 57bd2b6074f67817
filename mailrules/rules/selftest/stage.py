"""Makes of a test what the rules look at: the message at its moment, and what a server would answer about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from mailrules.rules.message import Message
from mailrules.rules.questions import Filed, Labels, Met, Question, Search, Structure
from mailrules.rules.reader import local_answers
from mailrules.rules.selftest.compose import Composed, compose, with_crlf
from mailrules.rules.structure import Part
from mailrules.values import value

if TYPE_CHECKING:
    from datetime import tzinfo

    from mailrules.rules.selftest.case import Case
    from mailrules.rules.selftest.mail import Mail
    from mailrules.rules.verdict import Facts


@value(frozen=True, slots=True)
class Trial:
    """A test with all that it takes to run it."""

    case: Case
    facts: Facts
    """Those of the account; mailbox and time are the test's."""
    content: bytes | None = None
    """What is in the file that the test names."""


@value(frozen=True, slots=True)
class Staged:
    """A message at the moment at which the rules see it."""

    message: Message
    facts: Facts
    content: Composed


def stage(trial: Trial, now: datetime) -> Staged:
    """Set a test up; ``now`` (aware) is the moment for one that says nothing of time."""
    mail, zone = trial.case.message, trial.facts.timezone
    written = _written(trial)
    sent = _sent(written) if written else _moment(mail.sent, zone)
    given_now, given_received = _moment(mail.now, zone), _moment(mail.received, zone)
    when = given_now or given_received or sent or now
    received = when - mail.age if mail.age is not None else given_received or given_now or sent or now
    content = written or compose(mail, sent or received, trial.case.name)
    facts = replace(trial.facts, now=when, mailbox=mail.mailbox)
    if mail.mailboxes is not None:
        facts = replace(facts, mailboxes=frozenset(mail.mailboxes), special_uses=frozenset(mail.special_uses))
    size = content.size if mail.size is None else mail.size
    return Staged(Message(content.header, size, received, frozenset(mail.flags)), facts, content)


def answers(mail: Mail, content: Composed, questions: frozenset[Question[object]]) -> Mapping[Question[object], object]:
    """Answer questions from the message itself and from what the test says of it."""
    said = local_answers(content.raw, questions)
    for question in questions:
        match question:
            case Search(text=text):
                said[question] = (mail.search or {}).get(text)
            case Labels():
                said[question] = None if mail.labels is None else frozenset(mail.labels)
            case Met():
                said[question] = mail.duplicate
            case Filed():
                said[question] = mail.thread or ""
            case Structure():
                said[question] = _with_sizes(said[question], content.unwritten)
    return said


def _written(trial: Trial) -> Composed | None:
    """Give the message that was written out as a whole, if it was."""
    raw = trial.case.message.raw
    if raw is not None:
        return Composed(with_crlf(raw.encode()))
    return None if trial.content is None else Composed(with_crlf(trial.content))


def _sent(written: Composed) -> datetime | None:
    dates = Message(written.header).fields.dates("DATE")
    return next((each.when for each in dates if each is not None), None)


def _moment(given: date | datetime | None, zone: tzinfo) -> datetime | None:
    """Give the moment that was meant: a day begins at midnight, and the rule file's time zone is everyone's."""
    if given is None:
        return None
    moment = given if isinstance(given, datetime) else datetime.combine(given, time())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _with_sizes(structure: object, unwritten: Mapping[str, int]) -> object:
    """Add what is not written of big attachments to their sizes."""
    if not isinstance(structure, Part) or not unwritten:
        return structure
    children = tuple(
        replace(part, octets=(part.octets or 0) + unwritten.get(part.section, 0)) if part.octets is not None else part
        for part in structure.children
    )
    return replace(structure, children=children)
