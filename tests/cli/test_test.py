"""``mailrules test``, and everything else that will not take rules whose tests fail."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import RULES, mailrules, objects, rule_file
from tests.cli.test_check import ACCOUNT

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[[tests]]
name = "lists are filed"
message = { list_id = "python.example.org" }
expect.move = "Lists/Python"
expect.add_flags = ['\\Seen']
"""
BAD = """
[[tests]]
name = "bob <& co>"
message.from = "bob@example.com"
expect.move = "Bob"
"""


def test_tests_that_pass_are_listed_and_counted(tmp_path: Path) -> None:
    result = mailrules("test", "-c", rule_file(tmp_path, RULES + GOOD))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "ok    lists are filed\n1 test: 1 passed, 0 failed\n"


def test_a_test_that_fails_shows_what_was_wanted_what_came_and_which_rule_did_it(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES + GOOD + BAD)
    result = mailrules("test", "-c", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "ok    lists are filed",
        f"FAIL  bob <& co> ({path}:21)",
        '        want move "Bob"  got none',
        f"        want no copy  got copy \"Bob\" by rule 'bob' ({path}:10)",
        "2 tests: 1 passed, 1 failed",
    ]


def test_where_nothing_matched_the_closest_rule_says_what_it_saw(tmp_path: Path) -> None:
    test = GOOD.replace("python.example.org", "perl.example.org")
    path = rule_file(tmp_path, RULES + test)
    result = mailrules("test", "-c", path)
    assert f"        closest: rule 'lists' ({path}:4): list_id.contains \"python\" – saw" in result.stdout


def test_every_run_prints_the_same(tmp_path: Path) -> None:
    searches = "".join(
        f'[[rules]]\nname = "{word}"\nmatch.search = "BODY {word}"\nthen.add_flags = "{word}"\n'
        for word in ("one", "two", "three", "four")
    )
    path = rule_file(tmp_path, searches + RULES + GOOD + GOOD.replace("are filed", "are not").replace("python", "perl"))
    runs = [
        subprocess.run(
            [sys.executable, "-m", "mailrules", "test", "-c", path],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert runs == [runs[0]] * 3
    lines = runs[0].decode().splitlines()
    assert lines[:2] == ["ok    lists are filed", f"FAIL  lists are not ({path}:37)"]
    assert "        rules 'one' and 'two' and 'three' and 'four' could not be decided" in lines


def test_json_is_one_object_a_test(tmp_path: Path) -> None:
    good, bad = objects(mailrules("test", "-c", rule_file(tmp_path, RULES + GOOD + BAD), "--json"))
    steps = [{"add_flags": ["\\Seen"]}, {"move": "Lists/Python"}]
    assert (good["test"], good["passed"], good["matched"], good["steps"], good["reasons"]) == (
        "lists are filed",
        True,
        ["lists"],
        steps,
        [],
    )
    assert (bad["passed"], bad["steps"], len(list(bad["reasons"]))) == (False, [{"copy": "Bob"}], 2)  # type: ignore[call-overload]  # a list


def test_the_report_for_ci_is_well_formed_whatever_the_names_are(tmp_path: Path) -> None:
    odd = GOOD.replace("lists are filed", "a \\uFFFF \\\"'<]]>")
    path, report = rule_file(tmp_path, RULES + odd + BAD), tmp_path / "report.xml"
    assert mailrules("test", "-c", path, "--junit", report).exit_code == 1
    suites = ET.fromstring(report.read_text())  # noqa: S314 - it is our own
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert [suite.attrib[key] for key in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "0"]
    good, bad = suite
    assert (good.get("name"), list(good)) == ("a \ufffd \"'<]]>", [])
    assert (bad.get("name"), bad.get("file"), bad.get("line")) == ("bob <& co>", str(path), "21")
    assert (bad[0].tag, bad[0].get("message")) == ("failure", 'want move "Bob"  got none')


def test_a_report_that_cannot_be_written_is_exit_status_2(tmp_path: Path) -> None:
    result = mailrules("test", "-c", rule_file(tmp_path, RULES + GOOD), "--junit", tmp_path / "no" / "report.xml")
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path}/no/report.xml: No such file or directory\n")


@pytest.mark.parametrize(
    ("names", "ran"), [(["bob <& co>"], 1), (["lists*"], 1), (["*"], 2), (["lists are filed", "bob*"], 2)]
)
def test_names_and_patterns_choose_tests(tmp_path: Path, names: list[str], ran: int) -> None:
    result = mailrules("test", *names, "-c", rule_file(tmp_path, RULES + GOOD + BAD), "--json")
    assert len(objects(result)) == ran


def test_a_name_that_no_test_has_is_exit_status_2(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES + GOOD)
    result = mailrules("test", "lists are field", "-c", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{path}: there is no test 'lists are field' (did you mean 'lists are filed'?)\n"


def test_a_file_without_tests_is_fine_and_shows_how_to_write_one(tmp_path: Path) -> None:
    path = rule_file(tmp_path)
    result = mailrules("test", "-c", path)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{path}: there are no tests in it.")
    hint = result.stdout.partition("\n\n")[2]
    rules = '[[rules]]\nname = "r"\nmatch.subject = "invoice"\nthen.move = "Invoices"\n'
    assert mailrules("test", "-c", rule_file(tmp_path, rules + hint)).exit_code == 0


def test_a_broken_file_is_exit_status_2(tmp_path: Path) -> None:
    result = mailrules("test", "-c", rule_file(tmp_path, RULES + GOOD.replace("message", "mesage")))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'message'?" in result.stderr


def test_included_files_hold_tests_and_name_messages_beside_them(tmp_path: Path) -> None:
    path = rule_file(tmp_path)
    path.write_text('include = "more/*.toml"\n' + path.read_text())
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tests.toml").write_text(
        GOOD.replace('{ list_id = "python.example.org" }', '{ file = "a.eml" }')
    )
    (tmp_path / "more" / "a.eml").write_bytes(b"List-Id: <python.example.org>\n\n")
    assert mailrules("test", "-c", path).exit_code == 0


@pytest.mark.parametrize("command", [["check"], ["run"], ["apply", "--yes"]])
def test_rules_whose_tests_fail_are_not_taken(tmp_path: Path, command: list[str]) -> None:
    path = rule_file(tmp_path, RULES + GOOD + BAD, ACCOUNT)
    path.chmod(0o600)
    result = mailrules(*command, "-c", path)
    reason = f'want move "Bob"  got none; want no copy  got copy "Bob" by rule \'bob\' ({path}:14)'
    said = f"{path}:25: test 'bob <& co>': the test fails: {reason}\n"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == said + ("1 problem\n" if command == ["check"] else "")


def test_check_counts_the_tests_that_pass(tmp_path: Path) -> None:
    result = mailrules("check", "-c", rule_file(tmp_path, RULES + GOOD))
    assert (result.exit_code, result.stdout) == (0, "2 rules, 0 accounts, 1 test: fine\n")
