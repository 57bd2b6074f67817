"""Killed at any moment and started again, the daemon has every message where the rules say, exactly once.

This is a share of ``python -m tests.faults kill``, which kills at every moment that there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from tests.builders import message
from tests.faults.campaigns import Options, Tally
from tests.faults.checking import Copy, Mailboxes, compare
from tests.faults.kill import matrix, theatre
from tests.faults.kill_cases import WRITE, Case, Moment, Theatre
from tests.faults.kill_scenarios import SCENARIOS
from tests.servers.dovecot import Dovecot

POINTS = 32
"""Each is two cases, of one kill and of two."""
COMMANDS = ("UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE", "CREATE", "DONE", WRITE)
"""A kill while it signs in is for the whole campaign."""
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
PLAIN = "<plain@example.com>"


@pytest.fixture(scope="module")
async def stage(dovecot: Dovecot) -> AsyncIterator[Theatre]:
    """One for all tests that leave mailrules whole."""
    async with theatre(dovecot) as whole:
        yield whole


async def test_a_kill_at_any_moment_loses_and_doubles_nothing(stage: Theatre) -> None:
    tally = await matrix(stage, Options(most=POINTS, jobs=4), COMMANDS)

    assert tally.clean, "\n".join(tally.notes)
    assert tally.tried > 2.5 * POINTS, "\n".join(tally.notes)  # three each, if no run takes another turn


# A harness that can't fail would prove nothing.


async def test_a_recovery_that_repeats_copies_is_found_out(dovecot: Dovecot) -> None:
    moment = Moment("UID COPY", "after command", 1)
    async with theatre(dovecot, "repeat_copies") as broken:
        ran = await broken.run(Case(BY_NAME["copy + move"], "UIDPLUS", (moment,)))

    assert (1, 3) == (ran.tally.tried, ran.tally.doubled)


async def test_a_bare_expunge_is_found_out(dovecot: Dovecot) -> None:
    async with theatre(dovecot, "expunge_all") as broken:
        ran = await broken.run(Case(BY_NAME["move"], "UIDPLUS"))

    assert ran.tally.expunged == 2  # one from before, one that came with the others


def without(dovecot: Dovecot, user: str, mailbox: str, message_id: str) -> None:
    """Remove a message, as a daemon that loses mail would."""
    with dovecot.session(user) as imap:
        imap.select(f'"{mailbox}"')
        imap.store(imap.search(None, "HEADER", "Message-ID", message_id)[1][0].split()[-1].decode(), "+FLAGS", "$Gone")
        imap.uid("STORE", imap.uid("SEARCH", "KEYWORD", "$Gone")[1][0].decode(), "+FLAGS", "\\Deleted")
        imap.uid("EXPUNGE", imap.uid("SEARCH", "KEYWORD", "$Gone")[1][0].decode())


def marked(dovecot: Dovecot, user: str) -> None:
    """Mark a message."""
    with dovecot.session(user) as imap:
        imap.select("INBOX")
        imap.store("1", "+FLAGS", "\\Flagged")


Meddling = Callable[[Dovecot, str], object]


@pytest.mark.parametrize(
    ("meddle", "expected"),
    [
        (lambda *_: None, Tally()),
        (lambda server, user: without(server, user, "Lists", PLAIN), Tally(lost=1)),
        (lambda server, user: without(server, user, "INBOX", "same.INBOX"), Tally(expunged=1)),
        (lambda server, user: without(server, user, "Lists", "deleted.Lists"), Tally(expunged=1)),
        (lambda server, user: server.append(user, "Lists", message("m", message_id=PLAIN)), Tally(doubled=1)),
        (marked, Tally(wrong=1)),
    ],
    ids=["nothing", "a message", "a bystander", "a marked bystander", "twice", "a flag"],
)
async def test_what_is_wrong_with_the_mailboxes_is_counted(
    stage: Theatre, dovecot: Dovecot, meddle: Meddling, expected: Tally
) -> None:
    ran = await stage.run(Case(BY_NAME["move"], "MOVE"), lambda user: meddle(dovecot, user))

    assert expected == replace(ran.tally, notes=())


def boxes(**copies: list[Copy]) -> Mailboxes:
    return {mailbox: Counter(inside) for mailbox, inside in copies.items()}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (boxes(Lists=[Copy("a")]), (0, 0, 0)),
        (boxes(Lists=[], INBOX=[Copy("a")]), (1, 0, 0)),
        (boxes(Lists=[Copy("a")], INBOX=[Copy("a")]), (0, 1, 0)),
        (boxes(Lists=[Copy("a"), Copy("a")]), (0, 1, 0)),
        (boxes(), (1, 0, 0)),
        (boxes(Lists=[Copy("a", frozenset({"\\Seen"}))]), (0, 0, 1)),
        (boxes(Lists=[Copy("a"), Copy("b")]), (0, 1, 0)),
    ],
    ids=["right", "elsewhere", "in both", "twice", "nowhere", "flagged", "unknown"],
)
def test_one_message_is_counted_as(found: Mailboxes, expected: tuple[int, int, int]) -> None:
    tally = compare(boxes(Lists=[Copy("a")]), found)

    assert expected == (tally.lost, tally.doubled, tally.wrong)
