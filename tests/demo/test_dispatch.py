"""Whatever a client sends is answered, and never breaks the server."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailrules.demo import Options
from mailrules.demo.dispatch import VERBS, execute
from mailrules.demo.parse import Arguments, BadSyntax, Command, parse_command
from mailrules.demo.session import Session, State
from mailrules.demo.tree import Tree
from tests.demo.shapes import ONE, TWO

OPTIONS = Options(user="ann", password="secret")
SIGNED_OUT = State.NOT_AUTHENTICATED
NOW = datetime(2025, 3, 3, tzinfo=UTC)
WORDS = re.split(
    r"\s\s+",  # two spaces part the words, since some have one
    """(  )  1  2:*  0  *  %  INBOX  Trash  ""  "a b"  a  b/c  //  é  NIL  FLAGS  BODY[]  BODY[1.MIME]  BODY.PEEK[1
    ]  <0.5>  ENVELOPE  (FLAGS UID)  HEADER.FIELDS  SUBJECT  NOT  OR  RETURN  (ALL)  ALL  1-Jan-2025  CHARSET  UTF-8
    LARGER  UID  FROM  +FLAGS  -FLAGS.SILENT  (\\Seen)  (MESSAGES UNSEEN)  STATUS  PLAIN  AGFubgBzZWNyZXQ=""",
)


def session() -> Session:
    tree = Tree(OPTIONS, 1)
    for content in (ONE, TWO):
        tree.mailboxes["INBOX"].append(content, (), NOW)
    return Session(OPTIONS, tree, lambda: NOW)


def signed_in() -> Session:
    one = session()
    one.login(b"ann", b"secret")
    return one


def selected() -> Session:
    one = signed_in()
    execute(one, parse_command(b"a SELECT INBOX"))
    return one


@given(some.sampled_from(sorted(VERBS)), some.lists(some.sampled_from([*WORDS, "9" * 5000])))
def test_any_arguments_are_answered_once(name: str, words: list[str]) -> None:
    answer = execute(selected(), Command("t1", name, Arguments("".join(f" {word}" for word in words).encode())))
    assert len(re.findall(rb"^t1 (?:OK|NO|BAD) [^\r\n]*\r\n", answer, re.MULTILINE)) == 1


@given(some.binary())
def test_any_line_is_a_command_or_bad_syntax(line: bytes) -> None:
    try:
        command = parse_command(line)
    except BadSyntax:
        return
    assert command.tag


@pytest.mark.parametrize(
    "name", sorted(name for name, verb in VERBS.items() if State.NOT_AUTHENTICATED not in verb.states)
)
def test_nothing_but_signing_in_works_before_signing_in(name: str) -> None:
    assert execute(session(), Command("t1", name, Arguments(b""))).startswith(b"t1 BAD")


@pytest.mark.parametrize("name", sorted(name for name, verb in VERBS.items() if verb.states == {State.SELECTED}))
def test_messages_need_a_selected_mailbox(name: str) -> None:
    assert execute(signed_in(), Command("t1", name, Arguments(b""))) == b"t1 BAD No mailbox selected.\r\n"
