"""What rules see of a message's parts is the same whether a server tells of them or the message itself is read."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mailrules.client import Credentials, Endpoint, Session, Timeouts, TLSMode
from mailrules.engine.asking import Answers, ask
from mailrules.imap import INBOX
from mailrules.rules import Needs, Ruleset, Verdict
from mailrules.rules.questions import Content, PartHeader, Question, RawBody, Structure
from mailrules.rules.reader import local_answers
from mailrules.rules.structure import Part
from tests.mime_corpus import messages, nested
from tests.rules.builders import FACTS, rule
from tests.rules.local import ROUNDS, decide_locally, message_of
from tests.servers.dovecot import HOST, PASSWORD, Dovecot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

ENDS_DIFFER = "Dovecot gives the line end before a boundary to the part where the part's header was not ended"
OTHERWISE_READ = {
    "an empty type": "Dovecot knows no charset for it, RFC 2045 §5.2 does",
    "a type that is no token": "Dovecot knows no charset for it, RFC 2045 §5.2 does",
    "parts without content": ENDS_DIFFER,
    "a header that runs into the boundary": ENDS_DIFFER,
    "a message whose header runs into the boundary": ENDS_DIFFER,
    "a message within that runs into the boundary": ENDS_DIFFER,
    "an empty message in a part": ENDS_DIFFER,
    "an encoded message": ENDS_DIFFER,
    "a global message": "Dovecot 2.3 does not look into message/global (RFC 6532), RFC 9051 §7.5.2 does",
    "names in RFC 2231": "Dovecot joins the pieces of RFC 2231 itself; both make the same name",
    "names in RFC 2231, out of order": "Dovecot joins the pieces of RFC 2231 itself; both make the same name",
    "names without quotes": "Dovecot ends a name without quotes at its first blank",
    "no semicolon": "Dovecot drops all of a Content-Type that it can't read",
    "bare CR and control characters": "Dovecot makes a CR that stands alone a line end",
}
"""Messages of which the server tells something else than the reader, and why."""

OTHERWISE_DECIDED = {
    "an empty type": {"part.charset"},
    "a type that is no token": {"part.charset"},
    "a global message": {"part.header"},
    "names without quotes": {"attachment.pdf"},
    "no semicolon": {"attachment", "no attachment", "attachment.pdf", "attachment.type"},
}
"""The rules that decide otherwise for that."""

MATCHES: dict[str, object] = {
    "attachment": {"attachment": True},
    "no attachment": {"attachment": False},
    "attachment.pdf": {"attachment": {"name": {"glob": "*.pdf"}}},
    "attachment.name": {"attachment": {"name": {"regex": '^[^ ]+(voice|ок|ng)|Ü|"b"'}}},
    "attachment.type": {"attachment": {"type": "application/*", "size": {"under": 100}}},
    "attachment.count": {"attachment": {"count": 2}},
    "body": {"body": "needle"},
    "body.phrase": {"body": ["a needle & thread", "a needle für alle", "рахунок"]},
    "body.inside": {"body": {"starts_with": "needle in plain"}},
    "body.exists": {"body": {"exists": True}},
    "body.of(raw)": {"body": {"of": "raw", "contains": "needle"}},
    "body.of(text/*)": {"body": {"of": "text/*", "contains": "needle"}},
    "body.of(multipart/*)": {"body": {"of": "multipart/*", "regex": "needle-[pe]"}},
    "body.of(message/*)": {"body": {"of": "message/*", "contains": "carl@example.net"}},
    "part.header": {"part": {"header": {"Subject": "inside"}}},
    "part.header of the whole": {"part": {"header": {"To": "ann@example.org"}}},
    "part.header of a file": {"part": {"type": "application/*", "header": {"Content-Disposition": "attachment"}}},
    "part.charset": {"part": {"charset": "us-ascii"}},
    "part.encoding": {"part": {"encoding": {"is": "quoted-printable"}}},
    "part.disposition": {"part": {"disposition": {"is": "inline"}, "id": "<logo@"}},
    "part.description": {"part": {"description": "a file"}},
    "part.count": {"part": {"type": "multipart/*", "count": {"at_least": 2}}},
}


def rules() -> Ruleset:
    return Ruleset(tuple(rule(match, {"add_flags": "$x"}, name) for name, match in MATCHES.items()))


@asynccontextmanager
async def session(server: Dovecot, user: str, mail: Iterable[bytes]) -> AsyncIterator[Session]:
    """A session on INBOX, in which these messages are, numbered from 1."""
    with server.session(user) as other:
        for raw in mail:
            other.append("INBOX", "", "", raw)
    endpoint = Endpoint(HOST, server.ports.imap, TLSMode.NONE)
    opened = await Session.open(endpoint, Credentials(user, PASSWORD), Timeouts(connect=10.0, silence=10.0))
    try:
        await opened.select(INBOX)
        yield opened
    finally:
        opened.connection.abort()


def questions_about(structure: Part) -> list[Question[object]]:
    """Everything that can be asked about the parts of a message."""
    sections = [part.section for part in structure.walk() if part.section]
    return [RawBody(), *map(Content, sections), *map(PartHeader, sections)]


async def test_a_server_tells_of_parts_what_the_reader_finds(dovecot: Dovecot, user: str) -> None:
    """Where they differ, `OTHERWISE_READ` says why."""
    async with session(dovecot, user, messages().values()) as opened:
        answers = Answers()
        await ask(opened, {Structure(): range(1, len(messages()) + 1)}, answers)
        asked: defaultdict[Question[object], list[int]] = defaultdict(list)
        for uid in range(1, len(messages()) + 1):
            structure = answers.of(uid)[Structure()]
            assert isinstance(structure, Part)
            for question in questions_about(structure):
                asked[question].append(uid)
        await ask(opened, asked, answers)

    told = {name: answers.of(uid) for uid, name in enumerate(messages(), 1)}
    read = {name: local_answers(raw, told[name]) for name, raw in messages().items()}
    assert list(OTHERWISE_READ) == [name for name in messages() if told[name] != read[name]]


async def test_rules_decide_the_same_whoever_tells_of_the_parts(dovecot: Dovecot, user: str) -> None:
    """Where they don't, `OTHERWISE_DECIDED` says which, and `OTHERWISE_READ` why."""
    every = rules()
    async with session(dovecot, user, messages().values()) as opened:
        told = await decide_by_server(opened, every)

    read = {name: decide_locally(every, raw) for name, raw in messages().items()}
    differing = {name: set(told[name].matched) ^ set(read[name].matched) for name in messages()}
    assert {name: rules for name, rules in differing.items() if rules} == OTHERWISE_DECIDED
    assert [verdict.unknown for verdict in (*told.values(), *read.values()) if verdict.unknown] == []


@pytest.mark.parametrize(("levels", "known_as_well"), [(60, True), (99, True), (100, False), (1000, False)])
async def test_a_structure_is_read_as_deep_as_the_server_looks(
    dovecot: Dovecot, user: str, levels: int, known_as_well: bool
) -> None:
    """The reader of messages at hand goes as deep; only of what is at the very bottom they tell otherwise."""
    deep = nested(levels).replace("\n", "\r\n").encode()
    async with session(dovecot, user, [deep]) as opened:
        answers = Answers()
        await ask(opened, {Structure(): [1]}, answers)

    assert isinstance(answers.of(1)[Structure()], Part)
    assert (answers.of(1) == local_answers(deep, [Structure()])) is known_as_well


def test_every_rule_decides_both_ways() -> None:
    """Else the comparison would say nothing."""
    decided = [decide_locally(rules(), raw).matched for raw in messages().values()]

    assert [name for name in MATCHES if all(name in matched for matched in decided)] == ["part.header of the whole"]
    assert [name for name in MATCHES if not any(name in matched for matched in decided)] == []


async def decide_by_server(opened: Session, every: Ruleset) -> dict[str, Verdict]:
    """Decide about all messages in one batch, as the engine does."""
    known = {uid: message_of(raw) for uid, raw in enumerate(messages().values(), 1)}
    answers = Answers()
    for _ in range(ROUNDS):
        asked: defaultdict[Question[object], list[int]] = defaultdict(list)
        decided = {uid: every.evaluate(message.answered(answers.of(uid)), FACTS) for uid, message in known.items()}
        for uid, needs in decided.items():
            if isinstance(needs, Needs):
                for question in needs.questions:
                    asked[question].append(uid)
        if not asked:
            return {
                name: verdict
                for name, verdict in zip(messages(), decided.values(), strict=True)
                if isinstance(verdict, Verdict)
            }
        await ask(opened, asked, answers)
    raise AssertionError("the rules ask and ask")
