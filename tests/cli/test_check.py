"""``mailrules check``: what it says, where, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.running import RULES, mailrules, rule_file

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = '[accounts.work]\nhost = "localhost"\nusername = "ann@example.org"\npassword = "canary"\n'


@pytest.mark.parametrize(
    ("accounts", "rules", "said"),
    [
        ("", RULES, "2 rules, 0 accounts: fine\n"),
        (ACCOUNT, RULES, "2 rules, 1 account: fine\n"),
        (ACCOUNT, "", "0 rules, 1 account: fine\n"),
    ],
)
def test_a_fine_file_is_exit_status_0(tmp_path: Path, accounts: str, rules: str, said: str) -> None:
    result = mailrules("check", "-c", rule_file(tmp_path, rules, accounts))
    assert (result.exit_code, result.stdout) == (0, said)


def test_every_problem_has_its_file_and_line_and_the_exit_status_is_2(tmp_path: Path) -> None:
    rules = '[[rules]]\nname = "one"\nmatch.form = "x@y"\nthen.move = "A"\n[[rules]]\nname = "two"\nthen.move = "A"\n'
    path = rule_file(tmp_path, rules)
    result = mailrules("check", path)
    first, second, count = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert first.startswith(f"{path}:5: rule 'one': ")
    assert "did you mean 'from'" in first
    assert second.startswith(f"{path}:7: rule 'two': ")
    assert count == "2 problems"


def test_a_warning_is_called_one_and_the_file_is_fine(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES, ACCOUNT)
    path.chmod(0o644)
    result = mailrules("check", path)
    assert (result.exit_code, result.stdout) == (0, "2 rules, 1 account: fine\n")
    assert result.stderr.startswith(f"{path}:6: warning: account 'work': password: everyone on this machine can read")


@pytest.mark.parametrize("command", [["check"], ["run"], ["apply"], ["mailboxes"], ["explain", "x.eml"]])
def test_a_missing_file_is_exit_status_2(tmp_path: Path, command: list[str]) -> None:
    result = mailrules(*command, "-c", tmp_path / "none.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{tmp_path}/none.toml: there is no such file\n" + (
        "1 problem\n" if command == ["check"] else ""
    )


@pytest.mark.parametrize("command", [["run"], ["apply"], ["mailboxes"]])
def test_what_needs_an_account_says_so(tmp_path: Path, command: list[str]) -> None:
    result = mailrules(*command, "-c", rule_file(tmp_path))
    assert result.exit_code == 2
    assert "there is no account" in result.stderr


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILRULES_CONFIG", str(rule_file(tmp_path)))
    assert mailrules("check").stdout == "2 rules, 0 accounts: fine\n"


def test_the_schema_is_a_json_schema() -> None:
    result = mailrules("schema")
    schema = json.loads(result.stdout)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert result.exit_code == 0
