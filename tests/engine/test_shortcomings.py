"""What an account is told to lack, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.engine import shortcomings
from mailrules.engine.shortcomings import Shortcomings
from mailrules.rules import Rule
from mailrules.rules.definitions import Definitions
from mailrules.rules.match import Match
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
JUNK = rule("junk", 'subject = "one"', r"move = '\Junk'")
IMPORTANT = rule("important", 'subject = "one"', r"copy = '\Important'")
AWAY = rule("away", 'subject = "one"', "expunge = true")
BARE = "the server has neither MOVE nor UIDPLUS: what rules move or expunge stays as well, marked \\Deleted"
NO_EXPUNGE = "the server has no UIDPLUS: what rules expunge stays, marked \\Deleted"
NO_IMPORTANT = "rule 'important': the server marks no mailbox as \\Important; name the mailbox instead"
ELSEWHERE = IMPORTANT.replace("match", 'accounts = ["other"]\nmatch', 1)
OFF = IMPORTANT.replace("match", "enabled = false\nmatch", 1)


async def news(it: Scene, shortcomings: Shortcomings) -> tuple[str, ...]:
    """Ask for the mailboxes, and for what is lacking since the last time."""
    async with it.session() as session:
        await it.directory.refresh(session)
        return shortcomings.news(session)


@pytest.mark.parametrize(
    ("rules", "without", "expected"),
    [
        pytest.param(MOVE + JUNK + AWAY, [], (), id="nothing"),
        pytest.param(MOVE, ["MOVE"], (), id="a move by UIDPLUS"),
        pytest.param(MOVE, ["MOVE", "UIDPLUS"], (BARE,), id="no way to move"),
        pytest.param(AWAY, ["UIDPLUS"], (NO_EXPUNGE,), id="no way to expunge"),
        pytest.param(MOVE, ["UIDPLUS"], (), id="no need to expunge"),
        pytest.param(IMPORTANT, ["MOVE", "UIDPLUS"], (NO_IMPORTANT,), id="no such special use"),
        pytest.param(ELSEWHERE + OFF, [], (), id="rules for others, and rules that are off"),
    ],
)
async def test_it_is_told_what_the_rules_ask_for_in_vain(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, without: list[str], expected: tuple[str, ...]
) -> None:
    async with scene(dovecot, user, tmp_path, rules, without=without) as it:
        assert await news(it, Shortcomings(it.context)) == expected


async def test_it_is_told_once_and_again_when_it_comes_back(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE, watch=["INBOX", "Support"]) as it:
        shortcomings = Shortcomings(it.context)
        told = [await news(it, shortcomings), await news(it, shortcomings)]
        dovecot.create(user, "Support")
        it.rules = ruleset(IMPORTANT)
        told.append(await news(it, shortcomings))
        with dovecot.session(user) as other:
            other.delete("Support")
        told.append(await news(it, shortcomings))

        no_support = ("watch: there is no mailbox Support",)
        assert told == [no_support, (), (NO_IMPORTANT,), no_support]


async def test_names_with_the_servers_separator_are_told_with_what_to_write(user: str, tmp_path: Path) -> None:
    rules = [
        rule("literal", 'subject = "one"', 'copy = ["INBOX.Foo.Bar", "Lists/Python"]'),
        rule("template", 'subject = "one"', 'move = "A.{from.domain}/{received:%Y.%m}"'),
        rule("scope", 'subject = "one"', "trash = true").replace("match", 'mailboxes = ["INBOX.Lists.%"]\nmatch', 1),
        rule("exists", 'mailbox_exists = ["A.B", "A/B"]', "stop = true"),
        rule("thread", 'thread.in = "Support.*"', "stop = true"),
    ]
    written = {
        "rule 'literal': INBOX.Foo.Bar": "Foo/Bar",
        "rule 'template': A.{from.domain}/{received:%Y.%m}": "A/{from.domain}/{received:%Y/%m}",
        "rule 'scope': INBOX.Lists.%": "Lists/%",
        "rule 'exists': A.B": "A/B",
        "rule 'thread': Support.*": "Support/*",
        "condition 'filed': C.D": "C/D",
        "trash: INBOX.Bin": "Bin",
        "watch: INBOX.*": "*",
    }
    hint = "in rule files / separates the levels, whatever the server uses (here .)"
    with Dovecot(Layout(separator=".", prefix="INBOX.")) as server:
        async with scene(server, user, tmp_path, "".join(rules), watch=["INBOX", "INBOX.*"], trash="INBOX.Bin") as it:
            filed = Match.model_validate({"mailbox_exists": "C.D"})
            it.rules = replace(it.rules, definitions=Definitions(conditions={"filed": filed}))
            shortcomings = Shortcomings(it.context)
            told = [await news(it, shortcomings), await news(it, shortcomings)]

    assert told == [tuple(sorted(f"{name}: write {path}; {hint}" for name, path in written.items())), ()]


async def test_a_dot_is_a_character_where_the_server_separates_by_slashes(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("literal", 'subject = "one"', 'move = "Customers/example.org"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        assert await news(it, Shortcomings(it.context)) == ()


async def test_what_rules_ask_is_worked_out_once_for_all_accounts(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[str] = []
    by = shortcomings._Asked.by

    def noted(rule: Rule) -> shortcomings._Asked:
        worked_out.append(rule.name)
        return by(rule)

    monkeypatch.setattr(shortcomings._Asked, "by", noted)
    async with scene(dovecot, user, tmp_path, MOVE + JUNK) as it:
        for _ in range(3):
            await news(it, Shortcomings(it.context))
    assert worked_out == ["move", "junk"]
