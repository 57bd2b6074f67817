"""Imported scripts do with a message what Pigeonhole does by the script itself.

This is a bounded sample of ``python -m tests.sieve.campaign``, the same one each time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailrules.sieve import SieveError
from tests.sieve.campaign import Tally, compare_conditions, compare_outcomes, made_up, switches
from tests.sieve.differences import DIFFERENCES, DIFFERENT_SCRIPTS
from tests.sieve.generated import script
from tests.sieve.imported import carried
from tests.sieve.messages import MESSAGES
from tests.sieve.pigeonhole import EXECUTABLE, Pigeonhole, ScriptRefused, pigeonhole
from tests.sieve.test_scripts import SCRIPTS, import_script

MADE_UP_MESSAGES = 40
MADE_UP_SCRIPTS = 60
MAILS_A_SCRIPT = 4
_OTHERWISE = ("environment", "duplicate", "mailbox-exists", "include")
"""What depends on more than the message: on where it runs, on what came before, on the mailboxes there are."""
PLAYED = [
    path for path in SCRIPTS if not import_script(path).notes and not path.stem.startswith((*_OTHERWISE, "names-with"))
]
_WORDS = ("a", "b", "c", "tea", "coffee", "invoice", "[tea] hot", "lunch", "spam", "report", "urgent", "", "Project X")
_WRITERS = ("boss@example.org", "Mum <mum@example.org>", "postmaster@example.com", "friend@example.org")
_WELL_FORMED = sorted(name for name in MESSAGES if not any(each.covers_some(name) for each in DIFFERENCES))
WRONG = (
    "keep",
    "keep;;",
    'fileinto "x',
    "if true { keep; ",
    "if { keep; }",
    "else { keep; }",
    'keep; require "fileinto";',
    'if header "a" { keep; }',
    "if size 100 { keep; }",
    "if not { keep; }",
    "if allof true { keep; }",
    'if header :is :contains "a" "b" { keep; }',
    'if frobnicate "a" { keep; }',
    "if not (true) { keep; }",
    'require "encoded-character"; if header "a" "${unicode:D800}" { keep; }',
    'require "index"; if header :last "a" "b" { keep; }',
    "stop 1;",
    "discard { keep; }",
    "/* never closed",
    "if true { keep; } }",
    'if header :comparator 5 "a" "b" { keep; }',
    "if exists 5 { keep; }",
    'if header ["a" "b"] "c" { keep; }',
    'if header [] "c" { keep; }',
)


def mails_for(script: str) -> Iterator[tuple[str, bytes]]:
    """Choose messages for a script: some with words that scripts look for, some that are hard to read."""
    pick = random.Random(script)
    for number in range(MAILS_A_SCRIPT):
        words = " ".join(pick.sample(_WORDS, 3))
        fields = f"From: {pick.choice(_WRITERS)}\nTo: ann+shop@example.org\nList-Id: <tea.lists.example.org>\n"
        fields += f"X-Spam-Score: {3 * number}\n"
        yield words, f"{fields}Subject: {words}\nDate: Wed, 31 Jan 2024 18:30:05 +0200\n\nunsubscribe\n".encode()
    for name in pick.sample(_WELL_FORMED, MAILS_A_SCRIPT):
        yield name, MESSAGES[name]


@pytest.fixture(scope="module")
def server() -> Iterator[Pigeonhole]:
    assert EXECUTABLE, "these tests run Pigeonhole's sieve-test: install Debian's dovecot-sieve"
    with pigeonhole() as server:
        yield server


def test_every_single_test_comes_out_the_same_or_differs_for_a_known_reason(server: Pigeonhole) -> None:
    tally = Tally()
    compare_conditions(server, {**MESSAGES, **made_up(range(MADE_UP_MESSAGES))}, tally)

    assert [] == tally.unexplained
    assert {each.reason for each in DIFFERENCES} == set(tally.explained), "a difference is listed that there is not"


def test_made_up_scripts_do_the_same_with_messages(server: Pigeonhole) -> None:
    tally = Tally()
    for seed in range(MADE_UP_SCRIPTS):
        compare_outcomes(server, script(seed), switches(seed, 3), tally)

    assert [] == tally.unexplained


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_scripts_as_people_write_them_do_the_same_with_messages(server: Pigeonhole, path: Path) -> None:
    tally = Tally()
    compare_outcomes(server, path.read_text(), mails_for(path.stem), tally)

    assert bool(tally.unexplained) == (path.stem in DIFFERENT_SCRIPTS), tally.unexplained


def test_a_script_that_is_none_is_refused_by_both(server: Pigeonhole) -> None:
    for wrong in WRONG:
        with pytest.raises(ScriptRefused):
            server.run(wrong, b"")
        with pytest.raises(SieveError):
            carried(wrong)
