"""Targets that are not what the last LIST said: mere levels, out of sight, vanished, or spelt otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import MailboxName
from tests.builders import message
from tests.engine.scene import handle_until, rule, scene
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
FLAG = rule("flag", 'subject = "two"', 'add_flags = ["$Two"]')
SUPPORT = MailboxName(b"Support")
DATE = "03-Mar-2025 09:00:00 +0000"


async def test_a_target_that_is_a_mere_level_is_made_a_mailbox(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists/Python")
    async with scene(dovecot, user, tmp_path, MOVE + FLAG) as it:
        dovecot.deliver(user, message("one"), message("two"))

        await it.file()

        assert it.subjects() == {"INBOX": ["two"], "Lists": ["one"]}
        assert it.flags() == [frozenset({"$Two"})]


async def test_a_target_that_may_not_be_looked_at_holds_its_own_messages_only(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE + FLAG, without=["LIST-STATUS"]) as it:
        it.proxy.refuse("STATUS", "NO [NOPERM] Permission denied")
        dovecot.deliver(user, message("one"), message("two"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one", "two"]}
        assert {outcome.subject: outcome.state for outcome in it.outcomes} == {
            "one": OutcomeState.HELD,
            "two": OutcomeState.DONE,
        }
        (reason,) = {outcome.reason for outcome in it.outcomes if outcome.reason}
        assert reason == "Lists can't be looked at: STATUS was answered NO [NOPERM] Permission denied"


async def test_a_new_watched_mailbox_that_may_not_be_looked_at_does_not_stop_the_account(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    watch = ["INBOX", "S*"]
    async with scene(dovecot, user, tmp_path, MOVE, without=["LIST-STATUS"], watch=watch) as it:
        dovecot.append(user, "Secret", message("one"))
        it.proxy.refuse('STATUS "?Secret', "NO [NOPERM] Permission denied")
        dovecot.deliver(user, message("one"))

        await it.file()
        refused = it.subjects()
        it.proxy.accept()
        await it.file(MailboxName(b"Secret"))

        assert refused == {"Lists": ["one"], "Secret": ["one"]}
        assert it.subjects() == {"Lists": ["one", "one"]}


async def test_a_target_that_vanished_is_not_made_again_against_its_rule(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    rules = rule("move", 'subject = "one"', 'move = "Lists"', "create = false")
    async with scene(dovecot, user, tmp_path, rules) as it, it.filing() as filing:
        with dovecot.session(user) as other:
            other.delete("Lists")
        dovecot.deliver(user, message("one"))

        await handle_until(filing, lambda: it.outcomes)

        assert (it.subjects(), it.states()) == ({"INBOX": ["one"]}, [OutcomeState.HELD])
        assert it.reason().endswith("; Lists can't be created: its rule says create = false")


async def test_a_target_that_vanished_under_many_messages_is_made_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, create_limit=1) as it, it.filing() as filing:
        with dovecot.session(user) as other:
            other.delete("Lists")
        dovecot.deliver(user, *[message("one")] * 6)

        await handle_until(filing, lambda: it.outcomes)

        assert it.subjects() == {"Lists": ["one"] * 6}
        assert it.proxy.recording.names.count("CREATE") == 1


async def test_an_older_equal_message_in_a_target_that_another_client_made_is_not_taken_for_the_moved_one(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    raw = message("one")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        async with it.filing() as filing:
            dovecot.append(user, "Lists", raw, date=DATE)
            dovecot.append(user, "INBOX", raw, date=DATE)
            with pytest.raises(NetworkError):
                await handle_until(filing, lambda: it.outcomes)

        await it.file()

        assert it.subjects() == {"Lists": ["one", "one"]}


async def test_a_server_that_compares_names_without_case_is_asked_for_no_endless_loop(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """As Exchange and hMailServer do: a move to the message's own mailbox in another spelling is none."""
    dovecot.create(user, "Support")
    rules = rule("move", 'subject = "one"', 'move = "SUPPORT"')
    async with scene(dovecot, user, tmp_path, rules, watch=["INBOX", "Support"]) as it:
        it.proxy.misread("SUPPORT", "Support")
        dovecot.append(user, "Support", message("one"))

        for _ in range(3):
            await it.file(SUPPORT)

        assert it.subjects() == {"Support": ["one"]}
        assert "UID MOVE" not in it.proxy.recording.names


async def test_a_target_in_another_spelling_is_looked_at_under_its_own_name(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """An older equal message in it is not taken for the moved one."""
    raw = message("one")
    dovecot.append(user, "Lists", raw, date=DATE)
    rules = rule("move", 'subject = "one"', 'move = "LISTS"')
    async with scene(dovecot, user, tmp_path, rules, without=["LIST-STATUS"]) as it:
        it.proxy.misread("LISTS", "Lists")
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.append(user, "INBOX", raw, date=DATE)

        await it.until_filed()

        assert it.subjects() == {"Lists": ["one", "one"]}


async def test_a_name_with_the_servers_separator_holds_the_message_and_makes_nothing(user: str, tmp_path: Path) -> None:
    """Not even if the server has just this mailbox. In a stranger's value the separator is replaced, as ever."""
    rules = rule("there", 'subject = "one"', 'move = "INBOX.Lists.Python"')
    rules += rule("not there", 'subject = "two"', 'copy = "Test.{from.user}"')
    rules += rule("value", 'subject = "three"', 'move = "By/{from.domain}"')
    with Dovecot(Layout(separator=".", prefix="INBOX.")) as server:
        server.create(user, "INBOX.Lists.Python")
        async with scene(server, user, tmp_path, rules) as it:
            server.deliver(user, message("one"), message("two"), message("three"))
            before = set(server.look(user))

            await it.file()

            assert it.subjects() == {"INBOX": ["one", "two"], "INBOX.By.example_com": ["three"]}
            assert set(server.look(user)) - before == {"INBOX.By.example_com"}
            hint = "in rule files / separates the levels, whatever the server uses (here .)"
            assert {outcome.reason for outcome in it.outcomes if outcome.reason} == {
                f"INBOX.Lists.Python: write Lists/Python; {hint}",
                f"Test.bob: write Test/bob; {hint}",
            }
