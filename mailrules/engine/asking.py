"""Puts the questions that rules leave open to the server: one flight for all messages of a batch together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from mailrules.client import Session
from mailrules.engine.answers import may_be_of_one, may_pass
from mailrules.engine.proving import program_of
from mailrules.engine.structure import part_of
from mailrules.imap import (
    GMAIL,
    UID,
    X_GM_LABELS,
    FetchAttribute,
    GmailLabels,
    Items,
    MessageData,
    ProtocolError,
    Refused,
    Section,
    UidFetch,
    UIDSet,
    body,
    search,
)
from mailrules.rules import questions
from mailrules.rules.questions import CONTENT_LIMIT, Question
from mailrules.values import value

__all__ = ["Answers", "Asked", "ask"]

Asked = Mapping[Question[object], Sequence[int]]
"""Each question with the UIDs of the messages that it is about, ascending."""


@value(slots=True)
class Answers:
    """What is known by now, message by message."""

    by_uid: defaultdict[int, dict[Question[object], object]] = field(default_factory=lambda: defaultdict(dict))

    waiting: dict[int, str] = field(default_factory=dict)
    """By UID: what the server refused to say of a message for now."""
    unsaid: dict[int, str] = field(default_factory=dict)
    """By UID: why something that was asked of a message can't be found out at all."""

    def put(self, uid: int, question: Question[object], answer: object) -> None:
        """Note an answer; None for what can't be found out."""
        self.by_uid[uid][question] = answer

    def put_unsaid(self, uid: int, question: Question[object], reason: str) -> None:
        """Note that a question can't be answered, and why."""
        self.put(uid, question, None)
        self.unsaid[uid] = reason

    def put_failure(self, uid: int, question: Question[object], error: Refused | ProtocolError) -> None:
        """Note a question that was refused, or answered by nonsense."""
        self.put(uid, question, None)
        passing = isinstance(error, Refused) and may_pass(error)
        (self.waiting if passing else self.unsaid)[uid] = str(error)

    def of(self, uid: int) -> Mapping[Question[object], object]:
        """Give the answers about one message."""
        return self.by_uid.get(uid, {})


async def ask(session: Session, asked: Asked, answers: Answers) -> None:
    """Ask the server, all in one flight.

    A question that is refused for good, answered by nonsense or not at all has the answer None, and what is refused
    for now is noted as waiting. What was refused of many messages is asked once more of each. Raises NetworkError.
    """
    session.connection.done()
    known = {each: uids for each, uids in asked.items() if _can_be_asked(session, each)}
    for each in asked.keys() - known.keys():
        for uid in asked[each]:
            answers.put_unsaid(uid, each, "the server lacks the extension that it takes")
    searches = [(each, uids) for each, uids in known.items() if isinstance(each, questions.Search)]
    fetches = [(each, uids, item) for each, uids in known.items() if (item := _item(each)) is not None]
    await asyncio.gather(
        *(_search(session, each, UIDSet(map(UID, uids)), answers) for each, uids in searches),
        *(_fetch(session, items, uids, answers) for uids, items in _together(fetches).items()),
    )


def _can_be_asked(session: Session, question: Question[object]) -> bool:
    """Whether the server knows the words of a question: an extension's are a mistake to all others."""
    match question:
        case questions.Search():
            return all(name in session.capabilities for name in program_of(question).capabilities)
        case questions.Labels():
            return GMAIL in session.capabilities
    return True


async def _search(session: Session, question: questions.Search, uids: UIDSet, answers: Answers) -> None:
    chunks = list(uids.chunks())
    keys = program_of(question)
    commands = [session.search(search.uid(chunk) & keys) for chunk in chunks]
    alone: list[UID] = []
    for chunk, result in zip(chunks, await asyncio.gather(*commands, return_exceptions=True), strict=True):
        match result:
            case Refused() if len(chunk) > 1 and may_be_of_one(result):
                alone += chunk
            case Refused() | ProtocolError():
                for uid in chunk:
                    answers.put_failure(uid, question, result)
            case BaseException():
                raise result
            case _:
                hits = frozenset(result)
                for uid in chunk:
                    answers.put(uid, question, uid in hits)
    await asyncio.gather(*(_search(session, question, UIDSet([uid]), answers) for uid in alone))


# What is fetched


_Items = dict[Question[object], FetchAttribute]


def _item(question: Question[object]) -> FetchAttribute | None:
    """The FETCH attribute that answers a question, if one does."""
    if isinstance(question, questions.Structure):
        return Items.BODYSTRUCTURE
    if isinstance(question, questions.Labels):
        return X_GM_LABELS
    section = _section(question)
    return None if section is None else body(section, (0, CONTENT_LIMIT))


def _section(question: Question[object]) -> Section | None:
    """The section that is asked for, if it is one."""
    match question:
        case questions.Content(section=section):
            return _section_of(section, "", "TEXT")
        case questions.PartHeader(section=section):
            return _section_of(section, "MIME", "HEADER")
        case questions.RawBody():
            return Section(specifier="TEXT")
    return None


def _section_of(section: str, of_part: str, of_message: str) -> Section:
    """Name something of a part; a multipart that is a whole message within has no number but that message's."""
    numbers = section.removesuffix(".TEXT")
    return Section(tuple(map(int, numbers.split("."))), of_part if numbers == section else of_message)


def _together(
    fetches: Iterable[tuple[Question[object], Sequence[int], FetchAttribute]],
) -> Mapping[UIDSet, _Items]:
    """Group by message, then messages that are asked for the same."""
    wanted: defaultdict[int, _Items] = defaultdict(dict)
    for question, uids, item in fetches:
        for uid in uids:
            wanted[uid][question] = item
    alike: defaultdict[frozenset[Question[object]], list[int]] = defaultdict(list)
    for uid, items in wanted.items():
        alike[frozenset(items)].append(uid)
    return {UIDSet(map(UID, sorted(uids))): wanted[uids[0]] for uids in alike.values()}


async def _fetch(session: Session, items: _Items, uids: UIDSet, answers: Answers) -> None:
    chunks = list(uids.chunks())
    commands = [session.connection.submit(UidFetch(chunk, [Items.UID, *items.values()])) for chunk in chunks]
    alone: list[UID] = []
    for chunk, result in zip(chunks, await asyncio.gather(*commands, return_exceptions=True), strict=True):
        match result:
            case Refused() if len(chunk) > 1 and may_be_of_one(result):
                alone += chunk
            case Refused() | ProtocolError():
                for uid in chunk:
                    for question in items:
                        answers.put_failure(uid, question, result)
            case BaseException():
                raise result
            case _:
                _take(items, chunk, result, answers)
    await asyncio.gather(*(_fetch(session, items, UIDSet([uid]), answers) for uid in alone))


def _take(items: _Items, uids: UIDSet, result: Iterable[MessageData], answers: Answers) -> None:
    told = {data.uid: data for data in result if data.uid is not None}
    for uid in uids:
        for question in items:
            answer = _said(question, told[uid]) if uid in told else None
            if uid in told and answer is None:
                answers.put_unsaid(uid, question, "the server's answer lacks what was asked for")
            else:
                answers.put(uid, question, answer)  # None for a message that is gone


def _said(question: Question[object], data: MessageData) -> object:
    """What a FETCH answer says to a question; NIL for a section is empty (RFC 9051 §7.5.2)."""
    if isinstance(question, questions.Structure):
        return None if data.bodystructure is None else part_of(data.bodystructure)
    if isinstance(question, questions.Labels):
        return next((item.labels for item in data.extensions if isinstance(item, GmailLabels)), None)
    wanted = _section(question)
    return next((section.data or b"" for section in data.sections if section.section == wanted), None)
