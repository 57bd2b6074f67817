"""What a plan becomes on a real server: targets found or made, what needs no doing left out."""

from pathlib import Path

import pytest

from mailrules.engine import deciding
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import Quirks, quirks
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point


async def filed(it: Scene, *subjects: str) -> dict[str, list[str]]:
    """Deliver mail, handle it, and tell what is where."""
    it.server.deliver(it.user, *(message(subject) for subject in subjects))
    await it.file()
    return it.subjects()


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        pytest.param(["trash = true"], {"Trash": ["one"]}, id="trash"),
        pytest.param(["move = '\\Junk'"], {"Junk": ["one"]}, id="special use"),
        pytest.param(["move = 'A/B/C'"], {"A/B/C": ["one"]}, id="levels"),
        pytest.param(["move = 'Büro & Söhne'"], {"Büro & Söhne": ["one"]}, id="any script"),
        pytest.param(["move = 'inbox'"], {"INBOX": ["one"]}, id="to where it is"),
        pytest.param(["copy = 'INBOX'"], {"INBOX": ["one"]}, id="a copy to where it is"),
        pytest.param(["copy = ['X', 'Y']"], {"INBOX": ["one"], "X": ["one"], "Y": ["one"]}, id="two copies"),
        pytest.param(["copy = ['X', 'Y']", "move = 'Y'"], {"X": ["one"], "Y": ["one"]}, id="a move takes in a copy"),
        pytest.param(["copy = '\\Junk'", "move = 'Junk'"], {"Junk": ["one"]}, id="the same by another name"),
        pytest.param(["expunge = true"], {}, id="expunge"),
        pytest.param(["add_flags = '\\Seen'"], {"INBOX": ["one"]}, id="flags"),
    ],
)
async def test_a_plan_is_carried_out_once(
    dovecot: Dovecot, user: str, tmp_path: Path, then: list[str], expected: dict[str, list[str]]
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", 'subject = "one"', *then)) as it:
        assert await filed(it, "one") == expected


async def test_what_needs_no_doing_costs_no_command(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", 'subject = "one"', "move = 'INBOX'", "add_flags = '$Work'")
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.append(user, "INBOX", message("one"), ["$work"])

        await it.file()

        assert {"UID STORE", "UID MOVE", "UID COPY"} & set(it.proxy.recording.names) == set()


@pytest.mark.parametrize(
    ("then", "create_limit", "reason"),
    [
        (
            ["move = '\\Important'"],
            100,
            r"the server marks no mailbox as \Important; name the mailbox instead",
        ),
        (["move = 'New'", "create = false"], 100, "New can't be created: its rule says create = false"),
        (
            ["move = 'New'"],
            0,
            "New can't be created: 0 mailboxes were created today and accounts.work.create_limit is 0",
        ),
    ],
)
async def test_a_target_that_is_not_to_be_had_holds_the_message(
    dovecot: Dovecot, user: str, tmp_path: Path, then: list[str], create_limit: int, reason: str
) -> None:
    rules = rule("r", 'subject = "one"', *then)
    async with scene(dovecot, user, tmp_path, rules, create_limit=create_limit) as it:
        left = await filed(it, "one")

        assert (left, it.states(), it.reason()) == ({"INBOX": ["one"]}, [OutcomeState.HELD], reason)


async def test_a_stranger_can_not_make_more_mailboxes_than_the_limit(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("r", 'subject.starts_with = "n"', 'move = "{subject}"')
    async with scene(dovecot, user, tmp_path, rules, create_limit=2) as it:
        left = await filed(it, "n1", "n2", "n3")

        assert left == {"INBOX": ["n3"], "n1": ["n1"], "n2": ["n2"]}


async def test_a_template_without_a_value_leaves_the_message(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", 'subject = "one"', 'add_flags = "$Work"', 'move = "Lists/{list_id.name}"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        left = await filed(it, "one")

        assert (left, it.flags(), it.states()) == ({"INBOX": ["one"]}, [frozenset()], [OutcomeState.HELD])
        assert it.reason() == "rule 'r': {list_id.name} has no value in this message"


async def test_a_search_is_put_to_the_server_only_for_messages_that_need_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = '[[rules]]\nname = "r"\nmatch.subject = "one"\nmatch.search = \'BODY "needle"\'\nthen.move = "Found"\n'
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.deliver(user, message("one", body="a needle"), message("one"), message("two", body="a needle"))

        await it.file()

        asked = [exchange.text for exchange in it.proxy.recording.find("UID SEARCH")]
        assert it.subjects() == {"INBOX": ["one", "two"], "Found": ["one"]}
        assert [text.partition(b"RETURN (ALL) UID ")[2].strip() for text in asked] == [b"1:2 BODY needle"]


async def test_bodies_are_fetched_for_so_many_messages_at_a_time_as_may_be_in_memory(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [message("one", body="needle\n" * 1_000) for _ in range(6)]
    monkeypatch.setattr(deciding, "_TOGETHER", 20_000)  # two of them; the server adds a little to each
    async with scene(dovecot, user, tmp_path, rule("r", 'body = "needle"', 'move = "Found"')) as it:
        dovecot.deliver(user, *mails)

        await it.file()

        asked = [exchange for exchange in it.proxy.recording.find("UID FETCH") if b"BODY.PEEK[1]" in exchange.text]
        assert it.subjects() == {"Found": ["one"] * 6}
        assert len(asked) == 3


async def test_a_search_that_the_server_refuses_does_nothing(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", "search = 'BODY needle'", 'move = "Found"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        it.proxy.refuse("UID SEARCH", "NO [SERVERBUG] Internal error")
        dovecot.deliver(user, message("one", body="a needle"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}


async def test_a_connection_that_is_lost_in_a_search_decides_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("r", "search = 'BODY needle'", 'move = "Found"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        it.proxy.cut("UID SEARCH", Point.AFTER_COMMAND)
        dovecot.deliver(user, message("one", body="a needle"))

        await it.until_filed()

        assert it.subjects() == {"Found": ["one"]}


async def test_on_gmail_an_expunge_is_a_move_to_the_trash(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quirks, "detect", lambda *_: Quirks(expunge_archives=True))
    async with scene(dovecot, user, tmp_path, rule("r", 'subject = "one"', "expunge = true")) as it:
        assert await filed(it, "one") == {"Trash": ["one"]}
