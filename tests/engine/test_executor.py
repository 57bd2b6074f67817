"""What is done to messages on a real server, and what is not when the server says no."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import handle_until, rule, scene
from tests.servers.dovecot import Dovecot

MOVE_ALL = rule("all", 'subject = "one"', 'move = "Lists"')
MOVE_AND_FLAG = rule("all", 'subject = "one"', 'move = "Lists"', 'add_flags = ["$Seen2", "\\\\Flagged"]')
FLAGS_ONLY = rule("flags", 'subject = "one"', 'add_flags = ["$Work"]')
LOWERINGS = [
    pytest.param((), id="MOVE"),
    pytest.param(("MOVE",), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), id="neither"),
]


@pytest.mark.parametrize("without", [("MOVE",), ("MOVE", "UIDPLUS")])
async def test_a_copy_that_is_refused_leaves_the_message_as_it_was(
    dovecot: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_AND_FLAG, without=without) as it:
        it.proxy.refuse("UID COPY", "NO [OVERQUOTA] Quota exceeded")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}
        assert it.flags() == [frozenset()]
        assert it.states() == [OutcomeState.PENDING]
        assert "UID EXPUNGE" not in it.proxy.recording.names


@pytest.mark.parametrize("without", LOWERINGS)
async def test_a_message_is_moved_with_its_flags(
    dovecot: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE_AND_FLAG, without=without) as it:
        dovecot.deliver(user, message("one"), message("two"))

        await it.file()

        left = {"INBOX": ["two"]} if "UIDPLUS" not in without else {"INBOX": ["one", "two"]}
        assert it.subjects() == left | {"Lists": ["one"]}
        assert it.flags("Lists") == [frozenset({"$Seen2", r"\Flagged"})]
        assert it.states() == [OutcomeState.DONE]


async def test_without_uidplus_nothing_is_expunged_only_marked(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE_ALL, without=("MOVE", "UIDPLUS")) as it:
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.flags() == [frozenset({r"\Deleted"})]
        assert {"EXPUNGE", "CLOSE"} & set(it.proxy.recording.names) == set()


@pytest.mark.parametrize("without", LOWERINGS)
async def test_what_another_client_has_marked_deleted_is_left_alone(
    dovecot: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    dovecot.append(user, "INBOX", message("somebody's"), [r"\Deleted"])
    rules = MOVE_ALL + rule("away", 'subject = "two"', "expunge = true")
    async with scene(dovecot, user, tmp_path, rules, without=without) as it:
        dovecot.append(user, "INBOX", message("one more of somebody's"), [r"\Deleted"])
        dovecot.deliver(user, message("one"), message("two"))

        await it.file()

        assert set(it.subjects()["INBOX"]) >= {"somebody's", "one more of somebody's"}


async def test_a_batch_that_fails_goes_again_one_message_at_a_time(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_ALL, without=("MOVE",)) as it:
        it.proxy.refuse("UID COPY", "NO [SERVERBUG] Internal error", times=1)
        dovecot.deliver(user, message("one"), message("one"))

        await it.file()

        assert it.subjects() == {"Lists": ["one", "one"]}
        assert it.proxy.recording.names.count("UID COPY") == 3


async def test_an_advertised_move_that_is_refused_becomes_the_next_row(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_ALL) as it:
        it.proxy.refuse("UID MOVE", "NO MOVE extension not supported")
        dovecot.deliver(user, message("one"))

        await it.file()
        dovecot.deliver(user, message("one"))
        await it.file()

        assert it.subjects() == {"Lists": ["one", "one"]}
        assert it.proxy.recording.names.count("UID MOVE") == 1


async def test_a_target_that_vanished_is_created_again(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_ALL) as it, it.filing() as filing:
        await filing.handle_new(lambda: None)
        with dovecot.session(user) as other:
            other.delete("Lists")
        dovecot.deliver(user, message("one"))

        await handle_until(filing, lambda: it.outcomes)

        assert it.subjects() == {"Lists": ["one"]}


async def test_a_keyword_that_the_server_refuses_is_told_and_the_message_gets_no_wrong_flags(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAGS_ONLY) as it:
        it.proxy.refuse("UID STORE", "BAD Command Argument Error. 11")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}
        assert it.states() == [OutcomeState.HELD]
        assert it.reason() == "UID STORE was answered BAD Command Argument Error. 11"


async def test_flags_that_were_set_are_put_back_when_the_rest_fails(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_AND_FLAG) as it:
        it.proxy.refuse("UID MOVE", "NO [NOPERM] Permission denied")
        uid = dovecot.append(user, "INBOX", message("one"), [r"\Flagged", "$Mine"])

        await it.file()

        assert it.states() == [OutcomeState.HELD]
        assert [(found.uid, found.flags - {r"\Recent"}) for found in dovecot.look(user)["INBOX"]] == [
            (uid, frozenset({r"\Flagged", "$Mine"}))
        ]


async def test_a_refused_message_is_tried_again_when_it_is_due(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_ALL) as it, it.filing() as filing:
        it.proxy.refuse("UID MOVE", "NO [INUSE] Mailbox is locked", times=1)
        dovecot.deliver(user, message("one"))
        await filing.handle_new(lambda: None)
        while filing.news:
            await filing.handle_new(lambda: None)
        before = it.subjects()

        await filing.retry_due(lambda: None)
        too_early = it.subjects()
        it.ahead = timedelta(minutes=2)
        await filing.retry_due(lambda: None)

        assert (before, too_early) == ({"INBOX": ["one"]}, {"INBOX": ["one"]})
        assert it.subjects() == {"Lists": ["one"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.DONE]


async def test_an_ok_to_a_copy_that_copied_nothing_is_not_believed(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE_ALL) as it:
        it.proxy.refuse("UID MOVE", "OK No messages found")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}
        assert it.states() == [OutcomeState.PENDING]
        assert it.reason() == "the server answered OK but did nothing"
