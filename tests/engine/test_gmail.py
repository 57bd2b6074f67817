"""What is asked of Gmail, word for word, and that no other server is asked for it."""

from __future__ import annotations

import pytest

from mailrules.client import Credentials, Session
from mailrules.engine.asking import Answers, ask
from mailrules.imap import INBOX
from mailrules.rules.questions import Labels, Question, Search
from tests.client.connecting import QUICK, plain
from tests.servers.scripted import Peer, scripted

HELLO = (
    "S: * OK [CAPABILITY IMAP4rev1] hello",
    "C: A1 LOGIN ann secret",
    "S: A1 OK [CAPABILITY IMAP4rev1 {}] signed in",
    'C: A2 LIST "" ""',
    'S: * LIST (\\Noselect) "/" ""',
    "S: A2 OK done",
    "C: A3 SELECT INBOX",
    "S: * 3 EXISTS",
    "S: * OK [UIDVALIDITY 1]",
    "S: A3 OK [READ-WRITE] done",
)


async def asked(capabilities: str, questions: dict[Question[object], list[int]], *turns: str) -> Answers:
    """Ask a server that can do this and says its turns."""
    answers = Answers()

    async def script(peer: Peer) -> None:
        await peer.converse(*(turn.format(capabilities) for turn in HELLO))
        await peer.converse(*turns)
        await peer.end()

    async with scripted(script) as port:
        session = await Session.open(plain(port), Credentials("ann", "secret"), QUICK)
        try:
            await session.select(INBOX)
            await ask(session, questions, answers)
        finally:
            session.connection.abort()
    return answers


async def test_gmail_is_asked_for_labels_and_by_its_own_search() -> None:
    has = Search('X-GM-RAW "has:attachment"')
    answers = await asked(
        "X-GM-EXT-1",
        {Labels(): [1, 2, 3], has: [1, 3]},
        "C: A4 UID SEARCH UID 1,3 X-GM-RAW has:attachment",
        "C: A5 UID FETCH 1:3 (UID X-GM-LABELS)",
        "S: * SEARCH 3",
        "S: A4 OK done",
        'S: * 1 FETCH (X-GM-LABELS (Work "\\\\Important") UID 1)',
        "S: * 2 FETCH (X-GM-LABELS () UID 2)",
        "S: A5 OK done",
    )
    assert [answers.of(uid).get(Labels()) for uid in (1, 2, 3)] == [{"Work", "\\Important"}, frozenset(), None]
    assert [answers.of(uid).get(has) for uid in (1, 3)] == [False, True]


async def test_what_gmail_refuses_is_unknown() -> None:
    has = Search('X-GM-RAW "has:attachment"')
    answers = await asked(
        "X-GM-EXT-1",
        {Labels(): [1], has: [1]},
        "C: A4 UID SEARCH UID 1 X-GM-RAW has:attachment",
        "C: A5 UID FETCH 1 (UID X-GM-LABELS)",
        "S: A4 NO not now",
        "S: A5 BAD not now",
    )
    assert answers.of(1) == {Labels(): None, has: None}


@pytest.mark.parametrize(
    "text", ['X-GM-RAW "x"', 'NOT X-GM-LABELS "x"', 'OR SEEN (UNSEEN X-GM-RAW "x")', 'SEEN OR SEEN NOT X-GM-RAW "x"']
)
async def test_another_server_is_not_asked(text: str) -> None:
    plain_search = Search("FROM X-GM-RAW")
    answers = await asked(
        "IDLE",
        {Labels(): [1], Search(text): [1, 2], plain_search: [1]},
        "C: A4 UID SEARCH UID 1 FROM X-GM-RAW",
        "S: * SEARCH 1",
        "S: A4 OK done",
    )
    assert answers.of(1) == {Labels(): None, Search(text): None, plain_search: True}
    assert answers.of(2) == {Search(text): None}
