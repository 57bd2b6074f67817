"""A search is believed only as far as its answer can be checked where mail would be lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import message
from tests.engine.scene import rule, scene
from tests.servers.dovecot import Dovecot

EXPUNGE = "expunge = true"


@pytest.mark.parametrize("ending", [EXPUNGE, "trash = true"])
async def test_a_server_that_finds_everything_loses_no_mail(
    dovecot: Dovecot, user: str, tmp_path: Path, ending: str
) -> None:
    rules = rule("r", "search = 'BODY needle'", ending)
    async with scene(dovecot, user, tmp_path, rules, trash="Bin", without=["ESEARCH"]) as it:
        it.proxy.rewrite(r"\* SEARCH[ 0-9]*", "* SEARCH 1 2")
        dovecot.deliver(user, message("one"), message("two", body="a needle"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one", "two"]}
        assert it.outcomes == []


async def test_a_server_that_finds_nothing_loses_no_mail(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", "not.search = 'BODY keep'", EXPUNGE)
    async with scene(dovecot, user, tmp_path, rules, without=["ESEARCH"]) as it:
        it.proxy.rewrite(r"\* SEARCH[ 0-9]*", "* SEARCH")
        dovecot.deliver(user, message("one", body="keep"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}


async def test_a_server_that_can_not_search_for_the_contrary_is_not_believed(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", "search = 'BODY needle'", EXPUNGE)) as it:
        it.proxy.refuse("UID SEARCH .* NOT", "BAD Unknown")
        dovecot.deliver(user, message("one", body="needle"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}


async def test_an_honest_answer_is_acted_on_after_one_question_more(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", "search = 'BODY needle'", EXPUNGE)) as it:
        dovecot.deliver(user, message("one"), message("two", body="a needle"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}
        searches = [one.text.partition(b" UID ")[2] for one in it.proxy.recording.find("UID SEARCH")]
        assert searches == [b"1:2 BODY needle", b"2 NOT BODY needle"]


async def test_a_move_that_can_be_undone_wants_no_proof(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", "search = 'BODY needle'", 'move = "A"')) as it:
        dovecot.deliver(user, message("two", body="a needle"))

        await it.file()

        assert it.subjects() == {"A": ["two"]}
        assert len(it.proxy.recording.find("UID SEARCH")) == 1


async def test_what_was_fetched_answers_a_search_without_the_server(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("r", "search = 'UNSEEN SMALLER 100000 OR UNFLAGGED BODY x'", EXPUNGE)
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {}
        assert it.proxy.recording.find("UID SEARCH") == []


async def test_a_message_whose_age_the_server_does_not_tell_is_not_old(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", 'age.over = "1 day"', EXPUNGE)) as it:
        it.proxy.rewrite(r' INTERNALDATE "[^"]*"', "")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}
