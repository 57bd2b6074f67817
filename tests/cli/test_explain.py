"""``mailrules explain``: reasons for people, objects for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.builders import message
from tests.cli.running import RULES, mailrules, objects, rule_file

if TYPE_CHECKING:
    from pathlib import Path

OBSERVED = """
[[rules]]
name = "watched only"
mode = "observe"
match.subject.contains = "hello"
then.move = "Elsewhere"

[[rules]]
name = "needs a server"
match.search = "BODY hello"
then.move = "Found"
"""


def eml(folder: Path, name: str, **headers: str) -> Path:
    path = folder / name
    path.write_bytes(message(**headers))
    return path


@pytest.mark.parametrize(
    ("rules", "headers", "expected"),
    [
        (
            RULES,
            {"List_Id": "<python.example.org>"},
            {
                "matched": ["lists"],
                "observed": [],
                "unknown": [],
                "steps": [{"add_flags": ["\\Seen"]}, {"move": "Lists/Python"}],
            },
        ),
        (RULES, {}, {"matched": ["bob"], "observed": [], "unknown": [], "steps": [{"copy": "Bob"}]}),
        (RULES, {"sender": "eve@example.com"}, {"matched": [], "observed": [], "unknown": [], "steps": []}),
        (
            OBSERVED,
            {},
            {
                "matched": [],
                "observed": ["watched only"],
                "unknown": ["needs a server"],
                "steps": [],
                "would": [{"move": "Elsewhere"}],
            },
        ),
    ],
)
def test_json_says_what_was_decided(
    tmp_path: Path, rules: str, headers: dict[str, str], expected: dict[str, object]
) -> None:
    file = eml(tmp_path, "a.eml", **headers)
    result = mailrules("explain", file, "-c", rule_file(tmp_path, rules), "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert objects(result) == [{"file": str(file), **expected}]


def test_an_unreadable_file_is_exit_status_1_and_the_others_are_explained(tmp_path: Path) -> None:
    good, bad = eml(tmp_path, "good.eml"), tmp_path / "missing.eml"
    result = mailrules("explain", bad, tmp_path, good, "-c", rule_file(tmp_path), "--json")
    missing, directory, explained = objects(result)
    assert result.exit_code == 1
    assert missing == {"file": str(bad), "error": "No such file or directory"}
    assert directory == {"file": str(tmp_path), "error": "Is a directory"}
    assert explained["matched"] == ["bob"]


def test_an_unreadable_file_is_said_on_standard_error(tmp_path: Path) -> None:
    result = mailrules("explain", tmp_path / "missing.eml", "-c", rule_file(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path}/missing.eml: No such file or directory\n"


def test_people_see_each_condition_with_what_it_saw_and_the_steps(tmp_path: Path) -> None:
    file = eml(tmp_path, "a.eml", List_Id="<python.example.org>")
    lines = mailrules("explain", file, "-c", rule_file(tmp_path)).stdout.splitlines()
    assert lines[0] == str(file)
    assert lines[1] == '  rule "lists" matches'
    assert lines[2].startswith("    yes     list_id.contains ")
    assert "python.example.org" in lines[2]
    assert lines[-2:] == ["  → add_flags \\Seen", "  → move Lists/Python"]


def test_rules_that_do_not_match_are_shown_on_request(tmp_path: Path) -> None:
    file = eml(tmp_path, "a.eml", sender="eve@example.com")
    path = rule_file(tmp_path)
    assert "bob" not in mailrules("explain", file, "-c", path).stdout
    everything = mailrules("explain", file, "-c", path, "--all").stdout
    assert '  rule "bob" does not match\n' in everything
    assert "eve@example.com" in everything
    assert "  nothing to do: the message stays as it is\n" in everything


def test_what_rules_on_trial_would_do_is_shown(tmp_path: Path) -> None:
    lines = mailrules("explain", eml(tmp_path, "a.eml"), "-c", rule_file(tmp_path, OBSERVED)).stdout.splitlines()
    assert '  rule "watched only" would match (observed only)' in lines
    assert lines[-2:] == ["  nothing to do: the message stays as it is", "  on trial: would move Elsewhere"]


SCHEDULED = (
    '[[rules]]\nname = "old"\nmailboxes = "Old"\nevery = "1 day"\nmatch.age.over = "9 days"\nthen.trash = true\n'
)


@pytest.mark.parametrize(("mailbox", "shown"), [("INBOX", False), ("Old", True)])
def test_what_runs_on_schedule_is_shown_where_some_rule_is_for_the_mailbox(
    tmp_path: Path, mailbox: str, *, shown: bool
) -> None:
    path = rule_file(tmp_path, RULES + SCHEDULED)
    arguments = ["explain", str(eml(tmp_path, "a.eml")), "-c", str(path), "--mailbox", mailbox]
    assert ("on schedule" in mailrules(*arguments).stdout) is shown
    assert ("scheduled" in objects(mailrules(*arguments, "--json"))[0]) is shown


def test_mail_cannot_talk_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"From: bob@example.com\r\nSubject: \x1b]0;owned\x07 =?utf-8?q?=E2=80=AE?=hello\r\n\r\n")
    result = mailrules("explain", file, "-c", rule_file(tmp_path, OBSERVED), "--all")
    assert result.exit_code == 0
    assert {"\x1b", "\x07", "\u202e"}.isdisjoint(result.stdout)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ("match.size.over = 4", True),
        ("match.size.over = 400000", False),
        ('match.age.over = "300 days"', True),
        ('match.flags = "\\\\Seen"', False),
    ],
)
def test_a_file_stands_for_a_message_with_its_size_its_date_and_no_flags(
    tmp_path: Path, rule: str, matches: bool
) -> None:
    file = eml(tmp_path, "a.eml", date="Mon, 03 Mar 2025 09:00:00 +0000")
    path = rule_file(tmp_path, f'[[rules]]\nname = "r"\n{rule}\nthen.move = "X"\n')
    (shown,) = objects(mailrules("explain", file, "-c", path, "--json"))
    assert shown["matched"] == (["r"] if matches else [])


def test_without_a_date_the_files_own_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"From: bob@example.com\nDate: soon\n\nbody\n")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    path = rule_file(tmp_path, '[[rules]]\nname = "r"\nmatch.age.over = "7000 days"\nthen.move = "X"\n')
    (shown,) = objects(mailrules("explain", file, "-c", path, "--json"))
    assert shown["matched"] == ["r"]


ACCOUNTS = "".join(
    f'[accounts.{name}]\nhost = "localhost"\nusername = "{name}@example.org"\npassword = "x"\n' for name in ("a", "b")
)


@pytest.mark.parametrize(
    ("options", "matched"),
    [
        (["--account", "a"], ["in a"]),
        (["--account", "b"], []),
        (["--account", "b", "--mailbox", "Lists/x"], ["in lists"]),
    ],
)
def test_account_and_mailbox_can_be_named(tmp_path: Path, options: list[str], matched: list[str]) -> None:
    rules = """
[[rules]]
name = "in a"
accounts = ["a"]
match = "everything"
then.move = "X"
[[rules]]
name = "in lists"
mailboxes = ["Lists/*"]
match = "everything"
then.move = "X"
"""
    path = rule_file(tmp_path, rules, ACCOUNTS)
    (shown,) = objects(mailrules("explain", eml(tmp_path, "a.eml"), "-c", path, "--json", *options))
    assert shown["matched"] == matched


def test_an_account_that_is_not_there_is_exit_status_2(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES, ACCOUNTS)
    result = mailrules("explain", eml(tmp_path, "a.eml"), "-c", path, "--account", "c")
    assert (result.exit_code, result.stderr) == (2, f"{path}: --account c: no such account (there is a, b)\n")


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 99999999999999999999 Jan 2024 00:00:00 +0000",
        "Mon, 32 Jan 2024 00:00:00",
        "",
        "nonsense",
    ],
)
def test_a_broken_date_leaves_the_date_of_the_file(tmp_path: Path, date: str) -> None:
    file = tmp_path / "a.eml"
    file.write_text(f"Date: {date}\nSubject: x\n\nhi")
    path = rule_file(tmp_path, '[[rules]]\nname = "new"\nmatch.age.under = "1 hour"\nthen.stop = true\n')
    result = mailrules("explain", file, "-c", path, "--json")
    assert result.exit_code == 0
    assert objects(result)[0]["matched"] == ["new"]


def test_with_several_accounts_and_rules_for_some_the_account_must_be_said(tmp_path: Path) -> None:
    rules = '[[rules]]\nname = "r"\naccounts = ["b"]\nmatch = "everything"\nthen.move = "X"\n'
    done = mailrules("explain", eml(tmp_path, "a.eml"), "-c", rule_file(tmp_path, rules, ACCOUNTS))
    assert (done.exit_code, done.stderr) == (
        2,
        "--account: some rules are for some accounts only: say which, a, b\n",
    )


def test_a_header_beyond_a_megabyte_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.eml"
    path.write_bytes(b"X-Long: " + b"x" * 2_000_000 + b"\r\nSubject: one\r\n\r\n")
    rules = '[[rules]]\nname = "r"\nmatch.subject = "one"\nthen.move = "X"\n'
    (shown,) = objects(mailrules("explain", path, "-c", rule_file(tmp_path, rules, ""), "--json"))
    assert shown["matched"] == ["r"]
