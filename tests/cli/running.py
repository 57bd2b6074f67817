"""Runs one command in the test's own process, as ``main`` would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from mailrules.cli import build

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

RULES = """
[[rules]]
name = "lists"
match.list_id.contains = "python"
then.move = "Lists/Python"
then.add_flags = ['\\Seen']

[[rules]]
name = "bob"
match.from = "bob@example.com"
then.copy = "Bob"
"""


def mailrules(*arguments: str | Path, stdin: str | None = None) -> Result:
    """Run ``mailrules ARGUMENTS``."""
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(build(words), words, input=stdin, catch_exceptions=False)


def objects(result: Result) -> list[dict[str, object]]:
    """Read standard output as one JSON object a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def rule_file(folder: Path, rules: str = RULES, accounts: str = "") -> Path:
    """Write a rule file with its state beside it."""
    path = folder / "rules.toml"
    path.write_text('[daemon]\nstate = "state.db"\n' + accounts + rules)
    return path
