"""Scheduled rules over a mailbox on a real server: what they find, what they leave alone, and what that costs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.engine import ahead, reading
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.schedule import RuleRun, Run, due_rules
from mailrules.imap import Refused
from tests.engine.scene import rule, ruleset, scene
from tests.engine.scheduled import OLD, every, put, run
from tests.servers.dovecot import Dovecot


async def test_what_is_too_old_goes(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "old")
        put(it, "fresh", ago=timedelta(days=80))
        await it.file()

        runs = await run(it)

        assert it.subjects() == {"INBOX": ["fresh"]}
        assert runs == {"old": RuleRun(mailboxes=1, looked_at=1, matched=1, done=1)}
        assert it.states() == [OutcomeState.DONE]


async def test_the_day_is_looked_at_to_the_minute(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """SEARCH knows days only: what it finds beside is let go again."""
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "too old", ago=timedelta(days=90, minutes=5))
        put(it, "not yet", ago=timedelta(days=90, minutes=-5))
        await it.file()

        runs = await run(it)

        assert it.subjects() == {"INBOX": ["not yet"]}
        assert (runs["old"].looked_at, runs["old"].done) == (2, 1)


async def test_seen_and_unflagged(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("read", "search = 'SEEN UNFLAGGED'", 'move = "Read"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "read", r"\Seen")
        put(it, "unread")
        put(it, "dear", r"\Seen", r"\Flagged")
        await it.file()

        await run(it)

        assert it.subjects() == {"INBOX": ["unread", "dear"], "Read": ["read"]}


async def test_only_its_own_messages_are_expunged(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    r"""What another client has marked \Deleted is that client's affair, however old it is."""
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "marked", r"\Deleted")
        put(it, "old")
        put(it, "marked too", r"\Deleted", ago=timedelta())
        await it.file()

        await run(it)

        assert it.subjects() == {"INBOX": ["marked", "marked too"]}
        assert [one.text for one in it.proxy.recording.find("UID EXPUNGE")] == [b"UID EXPUNGE 2"]
        assert "EXPUNGE" not in it.proxy.recording.names


async def test_new_mail_is_the_watchers(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("file", 'subject = "one"', 'move = "Filed"') + every("all", 'subject = "one"', "expunge = true")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "one")

        await run(it)
        assert it.subjects() == {"INBOX": ["one"]}

        await it.file()
        assert it.subjects() == {"Filed": ["one"]}


async def test_mail_for_new_mail_only_is_not_touched_on_schedule(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "young", ago=timedelta())
        await it.file()
        it.rules = ruleset(rule("file", 'subject = "young"', 'move = "Filed"') + OLD)

        await run(it)

        assert it.subjects() == {"INBOX": ["young"]}


@pytest.mark.parametrize(
    ("mailboxes", "swept"),
    [
        (["Lists/*"], ["Lists/a", "Lists/b"]),
        (["*"], ["INBOX", "Lists/a", "Lists/b", "Other"]),
        (["%"], ["INBOX", "Other"]),
        (["Trash"], ["Trash"]),
        (["*", "Trash"], ["INBOX", "Lists/a", "Lists/b", "Other", "Trash"]),
        ([], ["INBOX"]),
    ],
)
async def test_a_rule_runs_where_it_says_and_else_where_it_is_watched(
    dovecot: Dovecot, user: str, tmp_path: Path, mailboxes: list[str], swept: list[str]
) -> None:
    rules = every("old", 'age.over = "90 days"', "expunge = true", mailboxes=mailboxes)
    places = ["INBOX", "Lists/a", "Lists/b", "Other", "Trash"]
    async with scene(dovecot, user, tmp_path, rules) as it:
        for mailbox in places:
            put(it, "old", mailbox=mailbox)
        await it.file()

        runs = await run(it)

        assert sorted(it.subjects()) == sorted(set(places) - set(swept))
        assert runs["old"].mailboxes >= len(swept)


async def test_the_first_rule_in_the_file_decides(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("keep", "flags = '$Keep'", 'move = "Kept"') + OLD
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "dear", "$Keep")
        put(it, "old")
        await it.file()

        runs = await run(it)

        assert it.subjects() == {"Kept": ["dear"]}
        assert (runs["keep"].looked_at, runs["keep"].done, runs["old"].looked_at, runs["old"].done) == (1, 1, 2, 1)


async def test_ten_of_ten_thousand_cost_a_handful_of_commands(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("old", 'age.over = "90 days"', "expunge = true", mailboxes=["Archive"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "fresh", mailbox="Archive", ago=timedelta())
        with dovecot.session(user) as other:
            other.select("Archive")
            for _ in range(14):
                other.uid("COPY", "1:*", "Archive")
        for _ in range(10):
            put(it, "old", mailbox="Archive")

        runs = await run(it)

        assert runs["old"] == RuleRun(mailboxes=1, looked_at=10, matched=10, done=10)
        assert it.proxy.recording.names == ["SELECT", "UID SEARCH", *2 * ["UID FETCH"], "UID STORE", "UID EXPUNGE"]
        assert sum(map(len, it.proxy.recording.replies)) < 10_000


async def test_many_windows_are_taken_one_by_one(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 2)
    monkeypatch.setattr(ahead, "_TOGETHER", 3)
    rules = every("file", 'subject = "one"', 'move = "Filed"', mailboxes=["Archive"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        for number in range(13):
            put(it, "two" if number % 4 == 1 else "one", mailbox="Archive")

        runs = await run(it)

        assert runs["file"] == RuleRun(mailboxes=1, looked_at=13, matched=10, done=10)
        assert it.subjects() == {"Archive": ["two"] * 3, "Filed": ["one"] * 10}
        assert it.proxy.recording.names.count("UID FETCH") == 7
        assert it.proxy.recording.names.count("UID MOVE") == 3


# What the server says


@pytest.mark.parametrize("match", ["search = 'SEEN UNFLAGGED'", "search = 'BODY needle'", 'age.over = "90 days"'])
async def test_of_a_server_that_finds_everything_nothing_is_expunged_that_should_stay(
    dovecot: Dovecot, user: str, tmp_path: Path, match: str
) -> None:
    async with scene(dovecot, user, tmp_path, every("r", match, "expunge = true"), without=["ESEARCH"]) as it:
        put(it, "unread", ago=timedelta())
        put(it, "dear", r"\Seen", r"\Flagged", ago=timedelta())
        await it.file()
        it.proxy.rewrite(r"\* SEARCH[ 0-9]*", "* SEARCH 1 2 77 78")

        runs = await run(it)

        assert it.subjects() == {"INBOX": ["unread", "dear"]}
        assert (runs["r"].looked_at, runs["r"].done) == (2, 0)
        assert it.outcomes == []


async def test_what_such_a_server_finds_rightly_goes_all_the_same_where_flags_prove_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = every("r", "search = 'SEEN UNFLAGGED'", "expunge = true")
    async with scene(dovecot, user, tmp_path, rules, without=["ESEARCH"]) as it:
        put(it, "unread")
        put(it, "read", r"\Seen")
        await it.file()
        it.proxy.rewrite(r"\* SEARCH[ 0-9]*", "* SEARCH 1 2")

        runs = await run(it)

        assert it.subjects() == {"INBOX": ["unread"]}
        assert (runs["r"].looked_at, runs["r"].done) == (2, 1)


async def test_where_search_is_refused_every_message_is_looked_at(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, every("r", "flags = '$Old'", "expunge = true")) as it:
        put(it, "old", "$Old")
        put(it, "stays")
        await it.file()
        it.proxy.refuse("UID SEARCH .*KEYWORD", "BAD No keywords")

        runs = await run(it)

        assert it.subjects() == {"INBOX": ["stays"]}
        assert runs["r"] == RuleRun(mailboxes=1, looked_at=2, matched=1, done=1)


async def test_a_mailbox_that_can_not_be_opened_is_passed_over_and_said(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = every("old", 'age.over = "90 days"', "expunge = true", mailboxes=["Lists/*"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "old", mailbox="Lists/a")
        put(it, "old", mailbox="Lists/b")
        it.proxy.refuse("SELECT Lists/a", "NO [NOPERM] Denied")
        refused: list[str] = []
        async with it.session() as session:
            await it.directory.refresh(session)
            whole = Run(it.context, await due_rules(it.context), lambda info, _error: refused.append(info.path))
            assert [await whole.go_on(session), await whole.go_on(session)] == [False, True]

        assert refused == ["Lists/a"]
        assert whole.results()["old"] == RuleRun(mailboxes=1, looked_at=1, matched=1, done=1)
        assert it.subjects() == {"Lists/a": ["old"]}


async def test_a_run_in_which_something_is_refused_does_not_count(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """The other mailboxes have their turn all the same."""
    rules = every("old", 'age.over = "90 days"', "expunge = true", mailboxes=["Lists/*"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "old", mailbox="Lists/a")
        put(it, "old", mailbox="Lists/b")
        it.proxy.refuse("UID FETCH", "NO [INUSE] Try later", times=1)

        with pytest.raises(Refused):
            await run(it)
        first = it.subjects()
        runs = await run(it)

        assert (first, it.subjects()) == ({"Lists/a": ["old"]}, {})
        assert runs["old"] == RuleRun(mailboxes=2, looked_at=1, matched=1, done=1)


async def test_a_run_may_go_on_in_portions(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 2)
    rules = every("old", 'age.over = "90 days"', "expunge = true", mailboxes=["INBOX", "Archive"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        for mailbox in ("INBOX", "Archive"):
            for _ in range(4):
                put(it, "old", mailbox=mailbox)
            put(it, "fresh", mailbox=mailbox, ago=timedelta())
        await it.file()

        runs = await run(it, most=1)

        assert it.subjects() == {"INBOX": ["fresh"], "Archive": ["fresh"]}
        assert runs["old"] == RuleRun(mailboxes=2, looked_at=8, matched=8, done=8)
        assert it.proxy.recording.names.count("SELECT") == 4
